//! Several campaigns, one floor: which campaign an agent is kept for while free, by the campaigns' weights. Each
//! campaign's pacer then hears only of the agents kept for it (the others are `Taken`), so that no two campaigns dial
//! for the same person. It keeps a choice as long as it is fair, since lines are out for it already.
//! It refuses to route calls: who takes an answered call is `floor::pick`'s business.

/// A campaign that could use agents.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Of the shares, above zero; what is not counts as nothing.
    pub weight: f64,
    /// Agents who talk or wrap up for it now.
    pub busy: u32,
    /// It could dial for one more: running, with leads and room on the lines, its cap not spent.
    pub hungry: bool,
    /// Free agents that it can use at most: for its last leads, one each.
    pub most: u32,
}

/// A free agent: the campaigns (indices of the claims) that may use this one, and the one that keeps this one now.
#[derive(Debug, Clone, PartialEq)]
pub struct FreeAgent<'a> {
    pub campaigns: &'a [usize],
    pub kept_for: Option<usize>,
}

/// For each free agent, in order, the campaign to keep this one for; `None` where no campaign of theirs can use them.
/// Weighted fair: agents that a campaign has (busy or kept) over its weight are levelled, one agent at a time, and
/// who is kept already moves only where that makes it fairer by more than this one agent.
pub fn keep(claims: &[Claim], agents: &[FreeAgent<'_>]) -> Vec<Option<usize>> {
    let usable = |campaign: usize| claims.get(campaign).is_some_and(|claim| claim.hungry && claim.weight > 0.0);
    let mut held: Vec<f64> = claims.iter().map(|claim| f64::from(claim.busy)).collect();
    let mut room: Vec<u32> = claims.iter().map(|claim| claim.most).collect();
    let mut kept: Vec<Option<usize>> = Vec::with_capacity(agents.len());
    for agent in agents {
        let theirs = |campaign: &usize| usable(*campaign) && agent.campaigns.contains(campaign) && room[*campaign] > 0;
        let stays = agent.kept_for.filter(theirs);
        kept.push(stays);
        if let Some(campaign) = stays {
            held[campaign] += 1.0;
            room[campaign] -= 1;
        }
    }
    for (agent, kept) in agents.iter().zip(&mut kept) {
        let least = agent
            .campaigns
            .iter()
            .copied()
            .filter(|&campaign| usable(campaign) && (room[campaign] > 0 || *kept == Some(campaign)))
            .min_by(|&a, &b| share(claims, &held, a, 1.0).total_cmp(&share(claims, &held, b, 1.0)));
        let Some(least) = least else { continue };
        let moves = match *kept {
            None => true,
            // With this one gone, the old campaign still has more than the new one will have.
            Some(now) => now != least && share(claims, &held, now, -1.0) >= share(claims, &held, least, 1.0),
        };
        if moves {
            if let Some(old) = *kept {
                held[old] -= 1.0;
                room[old] += 1;
            }
            held[least] += 1.0;
            room[least] -= 1;
            *kept = Some(least);
        }
    }
    kept
}

/// What a campaign would have per unit of weight with so many more.
fn share(claims: &[Claim], held: &[f64], campaign: usize, more: f64) -> f64 {
    (held[campaign] + more) / claims[campaign].weight
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(weight: f64, busy: u32) -> Claim {
        Claim { weight, busy, hungry: true, most: u32::MAX }
    }

    fn free<'a>(campaigns: &'a [usize], kept_for: Option<usize>) -> FreeAgent<'a> {
        FreeAgent { campaigns, kept_for }
    }

    fn counts(kept: &[Option<usize>], campaigns: usize) -> Vec<usize> {
        (0..campaigns).map(|campaign| kept.iter().filter(|one| **one == Some(campaign)).count()).collect()
    }

    #[test]
    fn free_agents_are_shared_by_weight() {
        let kept = keep(&[claim(3.0, 0), claim(1.0, 0)], &vec![free(&[0, 1], None); 40]);
        assert_eq!(counts(&kept, 2), [30, 10]);
    }

    #[test]
    fn who_is_busy_counts_as_had() {
        let kept = keep(&[claim(1.0, 8), claim(1.0, 0)], &vec![free(&[0, 1], None); 10]);
        assert_eq!(counts(&kept, 2), [1, 9]);
    }

    #[test]
    fn an_agent_works_only_for_their_own_campaigns() {
        let agents = [free(&[1], None), free(&[0], None), free(&[], None), free(&[7], None)];
        assert_eq!(keep(&[claim(1.0, 0), claim(100.0, 0)], &agents), [Some(1), Some(0), None, None]);
    }

    #[test]
    fn a_campaign_that_cannot_dial_leaves_its_agents_to_others() {
        let full = Claim { hungry: false, ..claim(5.0, 0) };
        assert_eq!(keep(&[full, claim(1.0, 0)], &[free(&[0, 1], Some(0))]), [Some(1)]);
        assert_eq!(keep(&[full, claim(0.0, 0)], &[free(&[0, 1], Some(0))]), [None]);
    }

    #[test]
    fn the_last_leads_hold_no_more_agents_than_they_are() {
        let last = Claim { most: 3, ..claim(1.0, 0) };
        let crowd = vec![free(&[0, 1], Some(0)); 10];
        assert_eq!(counts(&keep(&[last, claim(1.0, 0)], &crowd), 2), [3, 7]);
        let fresh = vec![free(&[0, 1], None); 10];
        assert_eq!(counts(&keep(&[last, claim(1.0, 0)], &fresh), 2), [3, 7]);
        assert_eq!(counts(&keep(&[last], &vec![free(&[0], None); 10]), 1), [3]);
    }

    #[test]
    fn a_choice_is_kept_while_it_is_fair() {
        let claims = [claim(1.0, 0), claim(1.0, 0)];
        let agents = [free(&[0, 1], Some(1)), free(&[0, 1], Some(0)), free(&[0, 1], Some(1))];
        assert_eq!(keep(&claims, &agents), [Some(1), Some(0), Some(1)], "two to one is as fair as one to two");
        let crowd = vec![free(&[0, 1], Some(0)); 10];
        assert_eq!(counts(&keep(&claims, &crowd), 2), [5, 5], "ten to none is not");
    }

    #[test]
    fn a_single_agent_serves_the_greater_weight_first() {
        assert_eq!(keep(&[claim(1.0, 0), claim(4.0, 0)], &[free(&[0, 1], None)]), [Some(1)]);
        assert_eq!(keep(&[claim(1.0, 0), claim(4.0, 4)], &[free(&[0, 1], None)]), [Some(0)]);
    }
}
