// Before the first paint: the theme and the language that were chosen last. A classic script, so that nothing flashes.
(function () {
  var root = document.documentElement;
  var theme = null, lang = null;
  try {
    theme = localStorage.getItem("outpace.theme");
    lang = localStorage.getItem("outpace.lang");
  } catch (_) { /* no storage: the system's choice */ }
  var dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "dark" : "light";
  if (!lang) {
    var tag = (navigator.language || "en").toLowerCase();
    lang = /^zh-(hant|tw|hk|mo)/.test(tag) ? "zh-Hant" : tag.indexOf("zh") === 0 ? "zh-Hans" : "en";
  }
  root.lang = lang;
})();
