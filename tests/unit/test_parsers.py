"""
Which property-based test holds each parser: a table for readers, and a guard for whoever writes the next parser.

A parser is what reads text or bytes that somebody else wrote: a stranger, a caller, a server, an operator, an editor.
Its test draws any input at all, and allows a value, or an error that the parser's docstring promises.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ravi"
#: What functions that read are called here.
WORDS = "parse|decode|normalise|understand|unflow|verified|from_uri|from_secret|from_file|from_env|read|split"
READS = re.compile(rf"^(?:async )?def ((?:{WORDS})(?:_\w+)?)\(", re.MULTILINE)

#: Module → the tests that hold it, below `tests/`.
PARSERS: dict[str, tuple[str, ...]] = {
    # Both sides.
    "domains.py": ("unit/test_domains.py::test_what_comes_out_is_ascii_and_stays_as_it_is",),
    "crypto/encoding.py": (
        "unit/crypto/test_aead.py::test_a_text_that_is_read_as_base64_is_the_only_spelling_of_its_bytes",
    ),
    "crypto/field.py": ("unit/crypto/test_refusals.py::test_a_field_of_any_shape_is_unreadable_and_nothing_else",),
    "crypto/legacy.py": ("unit/crypto/test_refusals.py::test_an_old_field_of_any_shape_is_none",),
    "crypto/recovery.py": (
        "unit/crypto/test_refusals.py::test_a_code_of_any_shape_is_invalid_and_nothing_else",
        "unit/crypto/test_recovery.py::test_a_code_is_nine_groups_of_four_and_gives_the_key_back",
    ),
    "crypto/root.py": (
        "unit/crypto/test_refusals.py::test_a_wrapped_root_of_any_shape_does_not_open_and_nothing_else",
    ),
    "crypto/totp.py": (
        "unit/crypto/test_totp.py::test_nothing_but_a_usage_error_comes_out_of_a_uri",
        "unit/crypto/test_totp.py::test_a_uri_gives_name_and_seed_back",
        "unit/crypto/test_totp.py::test_a_secret_may_be_grouped_padded_and_in_any_case",
    ),
    # Files and variables of the client.
    "settings/config_file.py": (
        "unit/settings/test_properties.py::test_a_file_that_is_hit_selects_what_it_says_or_raises",
    ),
    "settings/credential.py": (
        "unit/settings/test_resolver_model.py::test_the_resolver_does_what_the_model_says",
        "unit/settings/test_properties.py::test_a_credential_goes_to_the_server_that_stands_beside_it",
    ),
    "settings/discovery.py": (
        "unit/settings/test_resolver_model.py::test_what_nobody_approved_changes_nothing_but_who_or_refuses",
    ),
    "settings/files.py": (
        "unit/settings/test_own_files_properties.py::test_what_is_written_is_read_back",
        "unit/settings/test_resolver_model.py::test_no_bytes_in_our_files_raise_anything_else_or_are_quoted",
    ),
    "settings/identity.py": (
        "unit/settings/test_resolver_model.py::test_the_resolver_does_what_the_model_says",
        "unit/settings/test_resolver_model.py::test_a_broken_hit_is_never_a_reason_to_look_further",
    ),
    "settings/place.py": ("unit/settings/test_own_files_properties.py::test_any_variable_is_a_place_or_refused",),
    "settings/recovery_file.py": (
        "unit/settings/test_own_files_properties.py::test_a_recovery_file_has_the_lines_that_we_wrote_and_no_other",
    ),
    "settings/rfc3339.py": ("unit/settings/test_rfc3339.py::test_any_text_is_read_without_a_fault",),
    "settings/saved.py": (
        "unit/settings/test_properties.py::test_a_credential_goes_to_the_server_that_stands_beside_it",
    ),
    "settings/server_url.py": (
        "unit/settings/test_server_url.py::test_any_text_is_one_server_or_a_refusal",
        "unit/settings/test_own_files_properties.py::test_one_server_has_one_spelling",
    ),
    "settings/trust.py": ("unit/settings/test_own_files_properties.py::test_exactly_what_was_approved_is_approved",),
    "settings/vault_file.py": (
        "unit/settings/test_own_files_properties.py::test_whatever_auth_json_holds_every_question_has_an_answer_or_one_of_our_errors",
        "unit/settings/test_own_files_properties.py::test_no_order_of_events_loses_a_recovery_code_that_was_known_to_be_good",
    ),
    "settings/vault_keys.py": (
        "unit/settings/test_own_files_properties.py::test_whatever_auth_json_holds_every_question_has_an_answer_or_one_of_our_errors",
    ),
    # What a person says to the client.
    "cli/options.py": ("unit/cli/test_properties.py::test_any_argv_gives_up_its_global_options_or_is_refused",),
    "cli/values.py": (
        "unit/cli/test_properties.py::test_any_duration_is_positive_or_refused",
        "unit/cli/test_properties.py::test_any_labels_are_pairs_that_were_given_or_refused",
        "unit/cli/test_properties.py::test_any_patterns_name_somebody_or_are_refused",
    ),
    "cli/secrets/dotenv_reading.py": (
        "unit/cli/test_properties.py::test_any_file_is_statements_or_a_line_that_cannot_be_read",
        "unit/cli/test_import_dotenv.py::test_what_was_exported_comes_back",
    ),
    "client/secret_keys.py": ("unit/client/test_properties.py::test_any_name_of_a_secret_is_kept_as_it_is_or_refused",),
    "client/exports/docker.py": (
        "unit/cli/test_properties.py::test_a_line_for_docker_is_read_back_as_docker_reads_it_or_not_written",
    ),
    "client/exports/dotenv.py": (
        "unit/cli/test_export_dotenv.py::test_every_reader_reads_back_what_is_written_for_all",
    ),
    "client/exports/shell.py": ("unit/cli/test_export_formats.py::test_shells_read_back_every_value",),
    "client/exports/yaml.py": ("unit/cli/test_export_formats.py::test_yaml_of_either_version_reads_back_every_value",),
    # What a server says to the client.
    "client/course.py": (
        "unit/client/test_properties.py::test_any_bytes_of_a_stream_are_events_or_nonsense",
        "unit/client/test_course.py::test_events_come_out_whole_however_the_bytes_come_in",
    ),
    "client/files.py": ("unit/client/test_properties.py::test_any_name_of_a_received_file_is_saved_in_its_folder",),
    "client/http1.py": ("unit/client/test_http1.py::test_any_bytes_are_an_answer_or_nonsense",),
    "client/one_time_codes.py": ("unit/crypto/test_totp.py::test_nothing_but_a_usage_error_comes_out_of_a_uri",),
    "client/problems.py": ("unit/client/test_properties.py::test_any_answer_is_a_value_or_one_of_our_errors",),
    "client/proxy.py": (
        "unit/client/test_properties.py::test_any_variable_is_a_proxy_or_none_or_refused_without_its_password",
    ),
    # What an operator says to the server.
    "server/command/words.py": ("unit/server/command/test_words.py::test_no_argv_breaks_it",),
    "settings/server_carriers.py": (
        "unit/server/test_properties.py::test_any_url_of_a_service_is_read_or_refused_and_its_password_is_not_shown",
    ),
    "settings/server_relay.py": (
        "unit/server/test_properties.py::test_any_url_of_a_service_is_read_or_refused_and_its_password_is_not_shown",
        "unit/settings/test_server_relay.py::test_the_password_is_never_shown",
    ),
    "settings/server_sources.py": (
        "unit/server/test_properties.py::test_any_file_of_settings_is_read_or_refused_with_all_problems",
    ),
    "settings/server_values.py": ("unit/settings/test_server_values.py::test_no_text_breaks_a_parser",),
    # What callers say to the server.
    "server/auth/codes.py": ("unit/server/test_properties.py::test_a_code_is_the_same_however_it_is_typed",),
    "server/auth/tokens.py": ("unit/server/test_properties.py::test_any_text_is_a_token_that_was_made_or_none",),
    "server/contacts/checks.py": ("unit/server/contacts/test_checks.py::test_a_number_is_in_e164_or_refused",),
    "server/events/query.py": ("unit/server/test_properties.py::test_any_list_of_names_is_short_or_refused",),
    "server/events/stream_routes.py": (
        "unit/server/test_properties.py::test_any_place_in_a_stream_is_the_number_of_an_event_or_refused",
    ),
    "server/http/decoding.py": (
        "unit/server/http/test_decoding.py::test_arbitrary_bytes_are_a_value_or_a_refusal",
        "unit/server/http/test_decoding.py::test_arbitrary_json_is_a_value_of_the_shape_or_invalid",
        "unit/server/http/test_decoding.py::test_arbitrary_query_bytes_are_a_value_or_a_refusal",
    ),
    "server/http/matching.py": ("unit/server/http/test_matching.py::test_whatever_comes_is_found_or_refused",),
    "server/http/paging.py": ("unit/server/test_properties.py::test_any_paging_is_a_bounded_place_or_refused",),
    "server/http/peer.py": ("unit/server/http/test_peer.py::test_no_header_breaks_it",),
    "server/identities/allowlist.py": (
        "unit/server/test_properties.py::test_any_patterns_are_kept_in_one_spelling_or_refused_and_never_mean_everybody",
    ),
    "server/identities/e164.py": (
        "unit/server/identities/test_e164.py::test_a_sender_can_always_be_printed_stored_and_read_again",
        "unit/server/contacts/test_checks.py::test_a_number_is_in_e164_or_refused",
    ),
    "server/identities/names.py": (
        "unit/server/identities/test_names.py::test_every_proposed_address_obeys_the_rules",
    ),
    "server/login/asker.py": ("unit/server/login/test_asker.py::test_any_text_becomes_one_short_printable_line",),
    "server/login/forms.py": ("unit/server/login/test_forms.py::test_any_body_is_fields_or_refused",),
    "server/mail/drafting.py": (
        "unit/server/test_properties.py::test_any_draft_is_mail_that_ends_no_line_or_is_refused",
    ),
    "server/mail/recipients.py": ("unit/server/mail/test_recipients.py::test_anything_is_an_address_or_refused",),
    "server/mail/search.py": ("unit/server/mail/test_search_words.py::test_a_query_is_bounded",),
    "server/mail/signing.py": (
        "unit/server/mail/test_properties.py::test_a_signed_address_works_as_it_was_made_and_in_no_other_spelling",
    ),
    "server/sso/claims.py": (
        "unit/server/test_properties.py::test_claims_come_back_as_they_were_written",
        "unit/server/test_properties.py::test_what_our_key_signed_and_is_no_token_is_refused",
    ),
    "server/sso/jws.py": (
        "unit/server/sso/test_jws.py::test_no_other_text_opens",
        "unit/server/sso/test_jws.py::test_any_text_is_refused_and_none_breaks_it",
    ),
    "server/vault/sealing.py": ("unit/server/vault/test_sealing.py::test_no_second_spelling_of_the_same_bytes_passes",),
    "server/waiting/routes.py": (
        "unit/server/test_properties.py::test_any_cursor_of_a_wait_is_one_that_was_given_or_refused",
        "unit/server/test_properties.py::test_any_wait_is_understood_or_refused",
    ),
    "server/webhooks/ssrf.py": (
        "unit/server/test_properties.py::test_any_url_leads_to_public_addresses_or_is_refused",
    ),
    # What strangers send by mail.
    "server/smtp/data.py": (
        "unit/server/smtp/test_properties.py::test_any_message_comes_out_as_it_was_however_it_arrives",
        "unit/server/smtp/test_properties.py::test_no_more_is_taken_than_is_allowed_and_the_end_is_found_all_the_same",
    ),
    "server/smtp/paths.py": ("unit/server/smtp/test_properties.py::test_any_argument_is_read_or_refused_with_a_reply",),
    "server/mail/addresses.py": (
        "unit/server/mail/test_parsing_addresses.py::test_any_bytes_are_read_without_a_fault",
    ),
    "server/mail/bounces.py": ("unit/server/mail/test_parsing_oracle.py::test_any_pieces_become_a_message",),
    "server/mail/charsets.py": (
        "unit/server/mail/test_parsing_charsets.py::test_no_charset_makes_a_fault_of_any_bytes",
    ),
    "server/mail/dkim_tags.py": (
        "unit/server/mail/test_verdicts_dkim.py::test_dkimpy_agrees_but_for_what_we_are_stricter_about",
    ),
    "server/mail/dmarc.py": ("unit/server/mail/test_properties.py::test_any_record_of_a_domain_is_a_policy_or_none",),
    "server/mail/filenames.py": ("unit/server/mail/test_parsing_filenames.py::test_every_name_becomes_a_safe_one",),
    "server/mail/flowed.py": (
        "unit/server/mail/test_properties.py::test_paragraphs_are_joined_and_nothing_but_blanks_and_stuffing_is_lost",
    ),
    "server/mail/headers.py": ("unit/server/mail/test_parsing_oracle.py::test_any_bytes_become_a_message",),
    "server/mail/html.py": (
        "unit/server/mail/test_html.py::test_any_text_comes_out_harmless",
        "unit/server/mail/test_html.py::test_whatever_is_put_together_comes_out_harmless_and_stays_as_it_is",
    ),
    "server/mail/identifiers.py": ("unit/server/mail/test_properties.py::test_message_ids_are_few_and_visible",),
    "server/mail/mime.py": (
        "unit/server/mail/test_parsing_oracle.py::test_structures_are_cut_where_the_standard_library_cuts_them",
    ),
    "server/mail/parameters.py": ("unit/server/mail/test_properties.py::test_any_field_with_parameters_is_read",),
    "server/mail/parsing.py": ("unit/server/mail/test_parsing_oracle.py::test_any_bytes_become_a_message",),
    "server/mail/spf.py": ("unit/server/mail/test_verdicts_spf.py::test_any_record_has_a_result",),
    "server/mail/words.py": ("unit/server/mail/test_properties.py::test_any_field_with_parameters_is_read",),
    "server/extraction/codes.py": (
        "unit/server/extraction/test_properties.py::test_codes_are_few_and_ranked_and_stand_in_the_message",
    ),
    "server/extraction/links.py": (
        "unit/server/extraction/test_properties.py::test_links_are_few_and_ranked_and_of_the_web",
    ),
    # What carriers of texts send.
    "server/phone/segments.py": ("unit/server/phone/test_segments.py::test_joined_parts_are_the_body_and_each_fits",),
    "server/phone/carriers/android/webhooks.py": (
        "unit/server/phone/conformance.py::test_noise_is_refused_and_raises_nothing_else",
        "unit/server/phone/conformance.py::test_what_is_signed_and_makes_no_sense_raises_nothing_else",
    ),
    "server/phone/carriers/twilio/signature.py": (
        "unit/server/phone/carriers/test_twilio_signature.py::test_we_accept_what_the_providers_validator_accepts_and_nothing_else",
    ),
    "server/phone/carriers/twilio/webhooks.py": (
        "unit/server/phone/conformance.py::test_noise_is_refused_and_raises_nothing_else",
        "unit/server/phone/conformance.py::test_what_is_signed_and_makes_no_sense_raises_nothing_else",
    ),
    "server/phone/carriers/smpp/parts.py": (
        "unit/server/test_properties.py::test_parts_of_long_texts_are_told_once_each_and_kept_within_bounds",
    ),
    "server/phone/carriers/smpp/pdu.py": (
        "unit/server/phone/carriers/test_smpp_packets.py::test_octets_that_nobody_would_send_are_refused_or_read_and_nothing_else",
    ),
    "server/phone/carriers/smpp/receipts.py": (
        "unit/server/phone/carriers/test_smpp_packets.py::test_every_text_can_be_read_whatever_is_said_about_it",
    ),
    "server/phone/carriers/smpp/texts.py": (
        "unit/server/phone/carriers/test_smpp_packets.py::test_every_text_can_be_read_whatever_is_said_about_it",
        "unit/server/phone/carriers/test_smpp_packets.py::test_what_is_sent_in_pieces_can_be_put_together",
    ),
}

#: Modules with a function that is called like a parser and is none, or only hands on to one.
NOT_PARSERS = {
    "cli/email/texts.py": "reads files whole",
    "cli/hidden_input.py": "reads one line, whatever is in it",
    "cli/parser.py": "argparse",
    "cli/passwords/new_password.py": "reads one line, whatever is in it",
    "cli/secrets/reading.py": "bytes to UTF-8 or a refusal",
    "server/command/flags.py": "argparse",
    "server/vault/sealed_storage.py": "names that the vault itself has written",
}
#: Folders whose parsers are held by tests of their own, which say so.
ELSEWHERE = ("cli/integrate/", "cli/skills/")
ALL_TESTS = sorted({test for tests in PARSERS.values() for test in tests})


@pytest.mark.parametrize("test", ALL_TESTS)
def test_the_test_that_holds_a_parser_is_there_and_draws_its_input(test: str) -> None:
    file, _, name = test.partition("::")
    text = (ROOT / "tests" / file).read_text()
    before, found, _ = text.partition(f"def {name}(")
    assert found, f"there is no {name} in {file}"
    # The decorators are what stands between the blank line in front and the function.
    assert "@given(" in before.rpartition("\n\n")[2], f"{name} draws nothing"


def test_every_module_in_the_table_exists() -> None:
    assert [name for name in (*PARSERS, *NOT_PARSERS) if not (SOURCE / name).is_file()] == []


def test_whatever_reads_is_in_the_table() -> None:
    missing = {}
    for path in sorted(SOURCE.rglob("*.py")):
        name = str(path.relative_to(SOURCE))
        if name not in PARSERS and name not in NOT_PARSERS and not name.startswith(ELSEWHERE):
            found = READS.findall(path.read_text())
            if found:
                missing[name] = found
    assert missing == {}, "write a property-based test, and name it in PARSERS"
