//! Stories of the real engine in the simulated world, told by its facts. One scenario a file.

mod abandoned;
mod amended;
mod answered;
mod busy;
mod callback_promised;
mod crash;
mod day;
mod invalid;
mod kit;
mod last_look;
mod ledger;
mod machine;
mod manual;
mod no_answer;
mod opted_out;
mod outage;
mod paused;
mod phone_lost;
mod press_a_key;
mod preview;
mod shared_floor;
mod shutdown;
mod slow_store;
mod swarm;
mod warm_start;
mod wrap_up;
