//! What every engine of the store must do, whatever keeps the data.

#![allow(clippy::missing_panics_doc, reason = "tests")]

pub mod api;
pub mod brand;
pub mod changes;
pub mod definitions;
pub mod feedback;
pub mod first_leaves;
pub mod import_undo;
pub mod imports;
pub mod jobs;
pub mod ledger;
pub mod notices;
pub mod opt_ins;
pub mod origins;
pub mod paced;
pub mod preferences;
pub mod reading;
pub mod reasons;
pub mod runs;
pub mod sends;
pub mod support;
pub mod suppression;
pub mod tallies;
pub mod text_parts;
pub mod text_senders;
pub mod texts;
pub mod undo;
pub mod uploads;
pub mod workspaces;

/// Makes a test of each function of the suite, against the store that `$open` makes.
#[macro_export]
macro_rules! conformance {
    ($open:path => $($module:ident: $($test:ident),+ $(,)?;)+) => {
        $($(
            #[tokio::test]
            async fn $test() {
                $crate::conformance::$module::$test(&$open()).await;
            }
        )+)+
    };
}

/// Every test of the suite.
#[macro_export]
macro_rules! conformance_suite {
    ($open:path) => {
        $crate::conformance! { $open =>
            api:
                a_key_is_known_until_it_is_revoked,
                a_request_is_done_once_and_answered_as_the_first_time,
                whoever_dies_at_a_request_holds_it_for_its_lease,
                a_part_is_recorded_once_with_all_its_changes_or_none,
                people_are_found_by_how_an_address_or_an_id_begins;
            changes:
                a_refusal_is_kept_with_all_that_is_known_of_it,
                the_latest_wins_whatever_the_order,
                an_opt_out_for_an_unknown_address_binds_when_it_turns_up,
                saying_no_twice_makes_one_entry,
                a_no_through_another_door_has_an_entry_of_its_own,
                a_renewed_yes_keeps_its_evidence,
                all_changes_are_recorded_or_none,
                what_cannot_be_recorded_is_refused,
                a_deliberate_yes_outdates_links,
                workspaces_do_not_see_each_other,
                a_number_kept_with_its_trunk_prefix_is_the_number,
                many_writers_at_once_lose_nothing;
            undo:
                returns_each_value_to_what_it_was,
                of_a_self_test_is_its_own,
                comes_too_late_after_a_newer_choice,
                comes_too_late_after_the_same_no_through_another_door,
                takes_back_the_button_in_the_mail_and_the_one_on_the_page,
                works_while_the_clock_stands_still,
                works_for_addresses_and_lists;
            imports:
                creates_updates_and_leaves_alone,
                a_row_without_an_id_finds_its_profile_by_address,
                a_shared_number_costs_the_number,
                adopts_whoever_opted_out_before,
                keeps_the_refusals_of_a_row_that_conflicts,
                two_owners_are_never_merged,
                merges_profiles_that_are_nothing_but_an_address,
                a_known_profile_takes_on_a_refused_address,
                a_merge_carries_choices_over,
                merges_attributes_and_orders_addresses,
                never_resubscribes,
                reads_rows_one_after_another,
                refuses_what_is_past_the_limits,
                a_row_for_a_missing_list_is_rejected,
                consents_for_an_address_bring_the_address;
            import_undo:
                an_import_is_taken_back_but_for_its_refusals,
                what_came_after_an_import_stays,
                a_long_import_is_taken_back_to_its_last_row,
                taking_an_import_back_makes_nobody_a_recipient;
            reading:
                answers_in_order_with_what_decisions_need,
                the_channel_decides_which_address,
                lists_suppression_and_allow_lists_are_read,
                settings_changed_at_once_all_count,
                attributes_come_when_asked_for,
                strangers_are_checked_too,
                documents_hold_the_choices_of_today;
            suppression:
                entries_of_each_category_come_and_go_by_themselves,
                an_expiry_is_never_put_forward,
                removals_are_recorded,
                a_complaint_is_told_from_other_reasons,
                hashed_entries_are_found,
                what_cannot_be_kept_is_refused_and_all_with_it,
                the_list_is_paged_in_every_order_and_filter,
                pages_are_checked_and_outlive_what_they_began_behind,
                the_allow_list_holds_what_was_put_there,
                an_active_and_empty_allow_list_stops_everything,
                taking_an_address_off_forgets_its_soft_bounces;
            feedback:
                each_piece_is_taken_once,
                bounces_and_complaints_suppress_at_once,
                soft_bounces_suppress_past_their_limit,
                the_limit_is_the_workspaces,
                what_says_nothing_about_the_address_does_not_count,
                a_delivery_and_a_long_silence_begin_the_count_anew,
                feedback_is_counted_and_told,
                feedback_that_cannot_be_kept_is_refused_and_all_with_it;
            uploads:
                an_upload_is_known_until_it_is_forgotten,
                of_ended_uploads_the_newest_are_kept;
            jobs:
                one_intent_is_queued_once,
                jobs_are_taken_by_one_worker_when_they_are_due,
                workers_that_race_get_different_jobs,
                a_worker_that_dies_loses_its_job_and_a_late_word_counts_for_nothing,
                what_fails_is_tried_again_and_what_waits_makes_no_attempt,
                a_job_is_cancelled_at_once_or_by_its_worker,
                whoever_sees_the_work_done_concludes_the_job,
                clocks_that_differ_hold_nothing_up,
                jobs_are_listed_in_pages_and_counted,
                ended_jobs_are_forgotten_after_a_while,
                nodes_say_that_they_work_until_they_are_gone,
                a_job_past_the_limits_is_refused;
            texts:
                a_text_is_taken_once,
                a_block_is_read_at_once_and_taken_back,
                a_hold_is_read_at_once_until_it_is_decided,
                what_the_sender_makes_clear_needs_no_reading,
                holds_come_in_pages_oldest_first,
                the_last_question_waits_for_its_answer,
                replies_are_sent_once_and_in_order,
                so_many_replies_of_a_kind_a_day,
                a_text_is_taken_with_all_or_nothing;
            text_parts:
                parts_come_in_any_order_and_again;
            text_senders:
                the_last_message_is_the_newest_of_the_senders,
                a_merged_profile_keeps_its_last_message,
                only_the_newest_runs_are_looked_at;
            sends:
                one_intent_is_handed_over_once,
                what_waits_is_begun_again_and_what_has_ended_is_not,
                two_at_once_begin_an_intent_once,
                a_message_of_a_run_is_found_by_its_place;
            runs:
                a_run_is_worked_on_part_by_part_to_its_end,
                a_part_is_held_by_one_at_a_time,
                whoever_took_a_part_fences_off_who_held_it_before,
                what_a_dead_process_left_is_found_with_its_part,
                messages_refused_for_now_are_waited_for,
                a_due_message_is_handed_out_once_and_an_exclusion_outlives_it,
                what_waits_by_decision_is_due_when_the_wait_is_over,
                a_run_that_has_ended_offers_nothing,
                outcomes_are_read_back_by_state_and_page,
                a_speed_is_shared;
            preferences:
                a_preference_is_kept_with_an_entry_of_its_own,
                what_changes_nothing_leaves_no_trace,
                what_cannot_be_preferred_is_refused,
                a_pause_holds_marketing_back_until_it_is_over,
                the_language_that_was_chosen_comes_first,
                an_import_does_not_change_the_preferred_channel_that_was_chosen,
                merged_people_keep_the_stricter_preference,
                an_entry_without_choices_cannot_be_undone;
            paced:
                a_message_of_another_run_holds_the_next_back,
                of_two_runs_that_decide_at_once_one_sends,
                a_run_that_tries_again_is_not_held_back_by_itself,
                what_was_sent_before_a_merge_counts_after_it;
            notices:
                a_notice_is_given_out_once,
                whoever_asks_again_gets_no_second_notice_at_once,
                so_many_notices_wait_and_no_more,
                a_notice_whose_taker_died_comes_back,
                notices_that_nobody_sends_are_dropped,
                a_notice_whose_job_is_cancelled_is_dropped,
                whether_an_address_is_known_plays_no_part,
                a_notice_past_the_limits_is_refused;
            tallies:
                a_quota_is_used_up_and_comes_back,
                something_counts_everywhere_or_nowhere,
                a_notice_counts_once_however_often_it_is_tried;
            opt_ins:
                nothing_is_known_of_anybody_before_the_confirmation,
                a_stranger_changes_nothing_that_was_said,
                each_message_has_a_request_and_one_ends_all,
                a_request_ends,
                a_no_since_then_outranks_the_confirmation,
                a_confirmation_lifts_nothing_else,
                a_clock_that_is_behind_confirms_all_the_same,
                a_request_is_whoever_has_the_address_by_then,
                what_cannot_be_requested_is_refused;
            origins:
                an_address_is_whose_act_made_it,
                an_import_or_a_program_brings_people_in,
                a_list_of_refusals_brings_nobody_in,
                merging_gives_nobody_what_their_row_does_not;
            reasons:
                a_reason_is_kept_until_it_is_erased,
                opt_outs_of_a_run_count_people_once,
                a_reason_is_for_an_opt_out;
            workspaces: a_workspace_has_a_name_of_its_own_and_nothing_in_it;
            definitions:
                a_document_has_versions_which_stay,
                whoever_knows_an_older_version_changes_nothing,
                of_two_who_change_it_at_once_one_does,
                documents_come_in_pages,
                what_is_no_document_is_refused,
                an_upload_is_found_by_its_file_and_channel;
            brand:
                a_list_is_told_in_peoples_words,
                a_lists_words_are_limited,
                the_look_has_versions_and_few_small_files,
                a_landing_page_is_shown_from_its_publication_on,
                old_versions_are_forgotten_but_for_the_one_that_is_shown;
            ledger:
                entries_are_sealed_and_proved,
                entries_of_one_person_have_nothing_in_common,
                a_receipt_opens_its_own_entry_only,
                history_comes_in_pages,
                a_backup_opens_and_verifies,
                old_links_outlive_a_new_key,
                a_sound_store_has_no_findings;
        }
    };
}
