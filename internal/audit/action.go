package audit

// Action names what was done. It is stable: it is stored, and the app has a sentence for each.
type Action string

// Group gathers actions that are looked at together.
type Group string

// The groups.
const (
	Access     Group = "access"     // signing in and out, and requests that were refused
	People     Group = "people"     // persons, their roles, and who leads what
	Units      Group = "units"      // the tree
	Content    Group = "content"    // courses, paths, drills and exercises
	Campaigns  Group = "campaigns"  // what was assigned
	Exports    Group = "exports"    // what left the service by name
	Privacy    Group = "privacy"    // requests about one's own data, and erasure
	Operations Group = "operations" // the service itself
)

// Groups lists the groups in the order in which they are offered.
func Groups() []Group {
	return []Group{Access, People, Units, Content, Campaigns, Exports, Privacy, Operations}
}

// Actions that are not the column of a route.
const (
	Request     Action = "request"      // a request that was refused and changes nothing
	TrailPruned Action = "trail_pruned" // the oldest entries were removed
)

// actions is the one table of what there is, by group.
func actions(g Group) []Action {
	switch g {
	case Access:
		return []Action{
			"sign_in", "sign_out", "session_ended", "invitation_accepted",
			"password_changed", "password_reset", "factor_added", "factor_removed", "factors_reset", "recovery_codes_renewed", "identity_unlinked", Request,
		}
	case People:
		return []Action{
			"person_added", "person_changed", "person_invited", "people_invited", "person_disabled", "person_enabled", "people_imported",
			"administrator_created", "administrator_invited", "heads_changed", "mail_bounced", "bounce_cleared",
		}
	case Units:
		return []Action{"unit_added", "unit_changed", "unit_removed", "unit_signed_off", "unit_reminded", "unit_thanked", "portal_changed", "cohort_added", "cohort_changed", "cohort_removed"}
	case Content:
		return []Action{"course_started", "course_published", "content_published", "path_started", "path_published", "path_retired"}
	case Campaigns:
		return []Action{
			"campaign_created", "campaign_edited", "campaign_removed", "campaign_submitted", "campaign_returned", "campaign_approved", "campaign_scheduled",
			"campaign_paused", "campaign_resumed", "campaign_closed", "campaign_cancelled", "campaign_archived",
			"campaign_started", "campaign_due", "campaign_completed", "campaign_recurred", "campaign_seal_broken", // by the clock
			"announcement_added", "announcement_changed", "announcement_published", "announcement_withdrawn", "announcement_removed",
			"sitting_planned", "sitting_changed", "sitting_started", "sitting_finished", "sitting_cancelled", "finding_changed",
			"survey_added", "survey_changed", "survey_removed", "survey_published", "survey_closed",
		}
	case Exports:
		return []Action{"people_exported", "tracking_exported", "survey_exported", "own_data_exported"}
	case Privacy:
		return []Action{"request_made", "request_answered", "request_extended", "request_completed", "request_refused", "leaver_erased"}
	case Operations:
		return []Action{
			"holidays_added", "holiday_removed", "holidays_reset", "retention_changed", "program_started", "database_restored", "database_copied", TrailPruned,
			"webhook_added", "webhook_changed", "webhook_removed", "webhook_secret_renewed", "webhook_tested", "webhook_sent_again",
		}
	}
	return nil
}

// Actions lists all actions by group.
func Actions() (all []Action) {
	for _, g := range Groups() {
		all = append(all, actions(g)...)
	}
	return all
}

// groupOf returns the group of an action, "" for one that is not in the table.
func groupOf(a Action) Group {
	for _, g := range Groups() {
		for _, x := range actions(g) {
			if x == a {
				return g
			}
		}
	}
	return ""
}
