// Pack `assets`: the software that client companies pay for. Documents carry the traps of real
// ones: money as text, scores with fifteen digits, words as a language model spells them, rows that
// point at each other in circles, and (odd) rows that point at nothing.
#include <functional>
#include <string>

#include "samples/pack_sample.h"
#include "samples/vocabulary.h"

namespace arango2pg::samples {
namespace {

constexpr Micros day = 86400LL * 1000000;

constexpr std::string_view products[] = {"Ledger",  "Mailroom", "Whiteboard", "Timesheet",
                                         "Payroll", "Helpdesk", "Warehouse",  "Übersicht",
                                         "看板",    "Notes+"};
constexpr std::string_view vendors[] = {"Blaumeer GmbH", "Example Labs", "Kestrel Analytics",
                                        "\"Quoted\" Systems"};

struct World : PackWorld {
  using PackWorld::PackWorld;
  Collection users{"users", false, {"email"}};
  Collection companies{"companies", false, {"company_name"}};
  Collection software{"software", false, {"company_id"}};
  Collection assets{"software_assets", false, {"company_id"}};
  Collection contracts{"contracts", false, {"company_id"}};
  Collection activity{"activity_log", false, {"company_id", "created_at"}};
  Collection analyses{"ai_agent_analyses", false, {"software_id"}};
  Collection reports{"client_reports", false, {"company_id"}};
  Collection alternatives{"alternative_solutions", false, {"original_software_id"}};

  std::vector<std::string> user_keys, company_keys, software_keys, asset_keys;
  std::uint64_t next_number = 88120;

  /// Most keys are UUIDs of the application, some were made by the server.
  std::string key() {
    return random.percent(85) ? uuid4(random)
                              : std::to_string(next_number += random.between(2, 14));
  }
  const std::string& some(const std::vector<std::string>& keys) {
    return keys[random.below(keys.size())];
  }
  /// An amount of whole cents in one of the spellings that the application left behind.
  void money(JsonText& json, std::string_view name, std::int64_t cents) {
    const std::string fraction = "." + std::to_string(100 + cents % 100).substr(1);
    std::string grouped = std::to_string(cents / 100);
    for (std::size_t at = grouped.size(); at > 3;) grouped.insert(at -= 3, ",");
    switch (random.below(4)) {
      case 0:
        json.string(name, "€ " + grouped + fraction);
        break;
      case 1:
        json.string(name, "$" + grouped + fraction);
        break;
      default:
        json.raw(name, std::to_string(cents / 100) + fraction);
    }
  }
  /// A share as a program computed it: more digits than the column keeps.
  void score(JsonText& json, std::string_view name) {
    json.raw(name, "0." + std::to_string(random.between(1000000, 9999999)) +
                       std::to_string(random.between(10000000, 99999999)));
  }
  void times(JsonText& json, Micros at) {
    json.string("created_at", iso_time(at, random.percent(50) ? "Z" : ""));
    if (random.percent(70)) json.string("updated_at", iso_time(at + day, "+00:00"));
  }
  std::string date(Micros at) { return iso_time(at).substr(0, 10); }
};

void make_user(World& world, std::size_t i, std::size_t companies) {
  constexpr std::string_view roles[] = {"admin", "client", "viewer"};
  const std::string key = world.key();
  const Micros at = world.tick();
  const Person& person = people()[i % people().size()];
  JsonText json = world.begin(world.users, key, at);
  json.string("email", std::string(person.ascii) + "+" + std::to_string(i) + "@example.com");
  json.string("full_name", person.name).string("role", roles[i % 3]);
  json.string("password_hash", "$argon2id$v=19$" + std::to_string(world.random.next()));
  if (i % 4 != 0) json.string("last_login", iso_time(at + day, "+02:00"));
  // Companies name their creator, users their company: a circle.
  if (i % 3 != 0) json.string("company_id", world.company_keys[i % companies]);
  world.times(json, at);
  world.users.add(at, json);
  world.user_keys.push_back(key);
}

void make_company(World& world, std::size_t i) {
  constexpr std::string_view statuses[] = {"prospect", "active", "active", "paused", "churned"};
  const std::string& key = world.company_keys[i];
  const Micros at = world.tick();
  Random& random = world.random;
  std::string name(companies()[i % companies().size()]);
  if (i >= companies().size()) name += " " + std::to_string(i);
  JsonText json = world.begin(world.companies, key, at);
  json.string("company_name", name).string("industry", i % 2 == 0 ? "Logistics" : "Health");
  json.string("headquarters", random.pick(locations()));
  json.number("employee_count", static_cast<std::int64_t>(random.between(5, 90000)));
  json.string("primary_contact_name", random.pick(people()).name);
  json.string("primary_contact_email", i % 7 == 3 ? "ask the front desk" : "it@example.com");
  json.string("contract_start_date", world.date(at));
  json.string("contract_status", statuses[i % 5]);
  const auto value = static_cast<std::int64_t>(random.between(10000, 400000000));
  world.made.figures["contract_value_cents"] += value;
  world.money(json, "contract_value", value);
  if (i % 3 != 2)
    world.money(json, "total_annual_software_spend",
                static_cast<std::int64_t>(random.between(10000, 2000000000)));
  world.money(json, "total_revenue", 123456789012);
  json.raw("net_profit", i % 2 == 0 ? "-1250.5" : "3e6");
  json.string("slug", "company-" + std::to_string(i)).boolean("is_client", i % 5 != 0);
  if (i % 4 != 1) json.string("created_by", world.some(world.user_keys));
  world.times(json, at);
  world.companies.add(at, json);
}

void make_software(World& world, std::size_t i, std::size_t n) {
  const std::string key = world.key();
  const Micros at = world.tick();
  JsonText json = world.begin(world.software, key, at);
  json.string("company_id", world.company_keys[i % world.company_keys.size()]);
  json.string("software_name", std::string(products[i % std::size(products)]) + " " +
                                   std::to_string(i * 10 / n) + "." + std::to_string(i));
  json.string("vendor_name", world.random.pick(vendors)).string("category", "Operations");
  world.money(json, "annual_cost", static_cast<std::int64_t>(world.random.between(9900, 9000000)));
  json.string("contract_start_date", world.date(at));
  json.string("contract_end_date", i % 6 == 0 ? "" : world.date(at + 365 * day));
  json.number("license_count", static_cast<std::int64_t>(i % 40));
  if (i % 3 != 0) json.string("status", i % 3 == 1 ? "Active" : "Expired");
  world.times(json, at);
  world.software.add(at, json);
  world.software_keys.push_back(key);
}

void append_assessment(World& world, JsonText& json, std::size_t i) {
  constexpr std::string_view levels[] = {"high", "medium", "low"};
  json.string("deployment_type", "SaaS").string("integration_complexity", levels[i % 3]);
  json.string("replacement_priority", i % 9 == 0 ? "never" : levels[(i + 1) % 3]);
  world.score(json, "replacement_feasibility_score");
  json.string("business_criticality", i % 4 == 0 ? "mission-critical" : levels[i % 3]);
  json.string("usage_trend", i % 2 == 0 ? "stable" : "declining");
  json.boolean("ai_replacement_candidate", i % 5 == 0);
  json.string("workflow_automation_potential", levels[i % 3]);
}

void make_asset(World& world, std::size_t i) {
  const std::string key = world.key();
  const Micros at = world.tick();
  Random& random = world.random;
  JsonText json = world.begin(world.assets, key, at);
  json.string("asset_code", "SA-" + std::to_string(1000 + i));
  json.string("software_name",
              std::string(products[i % std::size(products)]) + " " + std::to_string(i));
  json.string("vendor_name", random.pick(vendors)).string("category", "Operations");
  json.string("license_type", i % 2 == 0 ? "subscription" : "perpetual");
  world.money(json, "total_annual_cost", static_cast<std::int64_t>(random.between(0, 90000000)));
  json.number("total_licenses", 120).number("active_users", static_cast<std::int64_t>(i % 120));
  json.raw("utilization_rate", "66.6666666666667");
  json.string("contract_start_date", world.date(at));
  json.string("contract_end_date", world.date(at + 365 * day));
  json.string("renewal_date", world.date(at + 330 * day)).number("days_to_renewal", 330);
  append_assessment(world, json, i);
  json.string("created_by", "import");
  if (i % 8 != 7) json.string("company_id", world.some(world.company_keys));
  world.times(json, at);
  world.assets.add(at, json);
  world.asset_keys.push_back(key);
}

void make_contract(World& world, std::size_t i) {
  constexpr std::string_view currencies[] = {"EUR", "USD", "GBP"};
  const Micros at = world.tick();
  JsonText json = world.begin(world.contracts, "C-2025-" + std::to_string(100 + i), at);
  json.string("company_id", world.some(world.company_keys));
  json.string("vendor_id", "V" + std::to_string(i % 9));
  json.string("contract_name", "Frame contract " + std::to_string(i)).string("status", "signed");
  json.string("start_date", world.date(at)).string("end_date", world.date(at + 730 * day));
  world.money(json, "contract_value", static_cast<std::int64_t>(world.random.between(1, 90000000)));
  json.string("currency", currencies[i % 3]).number("renewal_notice_days", 90);
  // Times without zone, as this table had them: UTC.
  json.string("created_at", iso_time(at)).string("updated_at", iso_time(at + day));
  world.contracts.add(at, json);
}

void make_activity(World& world, std::size_t i) {
  constexpr std::string_view actions[] = {"login", "report_viewed", "asset_updated", "export"};
  const Micros at = world.tick();
  JsonText json = world.begin(world.activity, world.key(), at);
  json.string("company_id", world.some(world.company_keys));
  if (i % 6 == 5)
    json.null("user_id");
  else
    json.string("user_id", world.some(world.user_keys));
  json.string("action_type", world.random.pick(actions));
  json.string("action_description", world.random.pick(achievements()));
  if (i % 3 != 0) {
    json.name("metadata").begin_object().string("ip", "192.0.2." + std::to_string(i % 250));
    json.raw("took", "12.50").name("tags").strings({"a", "b"}).end_object();
  }
  if (i % 5 != 4) json.string("created_at", iso_time(at, "Z"));
  world.activity.add(at, json);
}

void make_analysis(World& world, std::size_t i) {
  constexpr std::string_view review[] = {"pending", "approved", "rejected", "needs-revision"};
  const Micros at = world.tick();
  JsonText json = world.begin(world.analyses, world.key(), at);
  const std::string& software = world.some(world.software_keys);
  json.string("software_id", i % 7 == 2 ? "software/" + software : software);
  if (i % 4 != 3) json.string("company_id", world.some(world.company_keys));
  json.string("agent_name", "cost-analyst").string("analysis_type", i % 2 == 0 ? "cost" : "risk");
  json.string("raw_findings", std::string(world.random.pick(summaries())) + "\n…");
  json.name("structured_findings").begin_object().raw("saving", "1200.50").end_object();
  json.name("key_insights").strings({"Half of the seats are unused", "\"Renewal\" {soon}, NULL"});
  json.name("recommendations").begin_array().end_array();
  world.score(json, "confidence_score");
  json.string("priority_level", i % 3 == 0 ? "critical" : "low");
  json.string("review_status", review[i % 4]).number("tokens_used", 1840);
  json.raw("processing_time_seconds", "3.1415926");
  json.number("created_at", at / 1000);
  world.analyses.add(at, json);
}

void make_report(World& world, std::size_t i) {
  const Micros at = world.tick();
  JsonText json = world.begin(world.reports, world.key(), at);
  json.string("company_id", world.some(world.company_keys)).string("report_type", "quarterly");
  json.string("report_title", "Q" + std::to_string(1 + i % 4) + " – savings");
  json.string("report_content", "# Savings\n\n" + std::string(world.random.pick(summaries())));
  world.money(json, "total_spend", static_cast<std::int64_t>(world.random.between(1, 900000000)));
  json.raw("savings_identified", "1250.005").number("software_analyzed", 12);
  json.string("generated_at", iso_time(at, "Z"));
  if (i % 5 != 1) json.string("generated_by", world.some(world.user_keys));
  world.reports.add(at, json);
}

void make_alternative(World& world, std::size_t i) {
  constexpr std::string_view recommendations[] = {"Strongly Recommend", "recommend",
                                                  "not_recommended", "Conditional", " explore "};
  const Micros at = world.tick();
  JsonText json = world.begin(world.alternatives, world.key(), at);
  json.string("original_software_id", world.some(world.software_keys));
  json.string("alternative_name", "Open " + std::string(products[i % std::size(products)]));
  json.string("alternative_type", i % 2 == 0 ? "Open Source" : "ai-powered");
  world.money(json, "cost_comparison", static_cast<std::int64_t>(world.random.between(0, 900000)));
  json.raw("cost_savings_percentage", "33.333333333333336");
  world.score(json, "feature_parity_score");
  world.score(json, "integration_compatibility_score");
  world.score(json, "replacement_risk_score");
  json.name("missing_critical_features").strings({"offline use", "SSO, \"SAML\""});
  json.string("implementation_complexity", i % 3 == 0 ? "Very High" : "low");
  json.number("estimated_migration_time_weeks", static_cast<std::int64_t>(1 + i % 30));
  world.money(json, "estimated_migration_cost", 1500000);
  json.string("training_required", "moderate").string("api_quality", "very-good");
  json.string("recommendation_status", recommendations[i % std::size(recommendations)]);
  json.string("business_continuity_risk", "low").string("rollback_difficulty", "very-difficult");
  json.string("pilot_feasibility", "good").string("poc_date", i % 4 == 0 ? "2025-11-03" : "");
  world.money(json, "three_year_total_savings", 98765432);
  world.times(json, at);
  world.alternatives.add(at, json);
}

/// Documents with exactly one fault each.
struct Odd {
  World& world;

  void add(Collection& collection, const std::string& key, std::string_view rule,
           const std::function<void(JsonText&)>& fill) const {
    const Micros at = world.tick();
    JsonText json = world.begin(collection, key, at);
    fill(json);
    collection.add(at, json);
    world.must_be_quarantined(collection, key, rule);
  }
  void user(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.users, uuid4(world.random), rule, fill);
  }
  void company(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.companies, uuid4(world.random), rule,
        [&](JsonText& j) { fill(j.string("company_name", "Odd & Sons")); });
  }
  void software(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.software, uuid4(world.random), rule,
        [&](JsonText& j) { fill(j.string("software_name", "Odd")); });
  }
  void asset(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    const std::string key = uuid4(world.random);
    add(world.assets, key, rule, [&](JsonText& j) {
      j.string("asset_code", key).string("software_name", "Odd").string("vendor_name", "Odd");
      j.string("category", "Odd").string("license_type", "odd").number("total_annual_cost", 1);
      fill(j);
    });
  }
  void analysis(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.analyses, uuid4(world.random), rule, [&](JsonText& j) {
      j.string("agent_name", "odd").string("analysis_type", "odd").string("raw_findings", "odd");
      fill(j);
    });
  }
  void alternative(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.alternatives, uuid4(world.random), rule,
        [&](JsonText& j) { fill(j.string("alternative_name", "Odd")); });
  }
  void activity(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.activity, uuid4(world.random), rule,
        [&](JsonText& j) { fill(j.string("action_type", "odd")); });
  }
  void report(std::string_view rule, const std::function<void(JsonText&)>& fill) const {
    add(world.reports, uuid4(world.random), rule, [&](JsonText& j) {
      j.string("report_type", "odd").string("report_title", "odd").string("report_content", "odd");
      fill(j);
    });
  }
};

void make_odd_clients(const Odd& odd) {
  World& world = odd.world;
  odd.user("pg_check_violation", [](JsonText& j) {
    j.string("email", "root@example.com").string("full_name", "Root").string("role", "superuser");
  });
  odd.user("pg_unique_violation", [](JsonText& j) {  // the first user's address
    j.string("email", std::string(people()[0].ascii) + "+0@example.com");
    j.string("full_name", "Twin").string("role", "viewer");
  });
  odd.user("required",
           [](JsonText& j) { j.string("email", "n@example.com").string("role", "viewer"); });
  odd.company("pg_check_violation", [](JsonText& j) { j.string("contract_status", "signed"); });
  odd.company("bad_number", [](JsonText& j) { j.string("contract_value", "about 5k"); });
  // Read as 1.2 it would be wrong by a factor of a thousand.
  odd.company("bad_number", [](JsonText& j) { j.string("contract_value", "€ 1.200,50"); });
  odd.company("out_of_range", [](JsonText& j) { j.number("employee_count", 3000000000); });
  odd.company("bad_date", [](JsonText& j) { j.string("contract_start_date", "2025-02-30"); });
  odd.company("pg_unique_violation", [](JsonText& j) { j.string("slug", "company-0"); });
  odd.company("pg_foreign_key_violation",
              [&](JsonText& j) { j.string("created_by", uuid4(world.random)); });
}

void make_odd_software(const Odd& odd) {
  World& world = odd.world;
  const std::string& company = world.company_keys.front();
  odd.software("pg_foreign_key_violation",
               [&](JsonText& j) { j.string("company_id", uuid4(world.random)); });
  odd.software("wrong_type", [&](JsonText& j) {
    j.string("company_id", company).string("license_count", "many");
  });
  odd.software("required", [](JsonText& j) { j.string("vendor_name", "without company"); });
  odd.asset("required", [](JsonText& j) { j.string("notes", "no renewal date"); });
  odd.asset("bad_date", [](JsonText& j) { j.string("renewal_date", "soon"); });
  odd.asset("pg_check_violation", [](JsonText& j) {
    j.string("renewal_date", "2026-01-01").string("contract_start_date", "2025-12-31");
    j.string("contract_end_date", "2025-01-01");
  });
  odd.asset("pg_check_violation", [](JsonText& j) {
    j.string("renewal_date", "2026-01-01").raw("replacement_feasibility_score", "1.2");
  });
  odd.add(world.contracts, std::string(51, 'c'), "too_long", [&](JsonText& j) {
    j.string("company_id", company).string("contract_name", "a number that never ends");
  });
  odd.add(world.contracts, "C-void", "required",
          [](JsonText& j) { j.string("contract_name", "with nobody"); });
}

void make_odd_findings(const Odd& odd) {
  odd.analysis("pg_check_violation", [](JsonText& j) { j.raw("confidence_score", "1.5"); });
  odd.analysis("wrong_type", [](JsonText& j) { j.string("key_insights", "one text"); });
  odd.analysis("check_type", [](JsonText& j) { j.string("suggested_actions", "none"); });
  odd.analysis("bad_timestamp", [](JsonText& j) { j.string("reviewed_at", "yesterday"); });
  odd.alternative("pg_check_violation",
                  [](JsonText& j) { j.string("recommendation_status", "buy it!"); });
  odd.alternative("pg_check_violation", [](JsonText& j) { j.raw("cost_comparison", "-5"); });
  odd.alternative("bad_date", [](JsonText& j) { j.string("poc_date", "Q3"); });
  odd.activity("check_type", [](JsonText& j) { j.name("metadata").strings({"a", "list"}); });
  odd.activity("nul_character",
               [](JsonText& j) { j.raw("action_description", R"("cut\u0000here")"); });
  odd.add(odd.world.reports, uuid4(odd.world.random), "required",
          [](JsonText& j) { j.string("report_type", "empty").string("report_title", "empty"); });
}

/// What the seven foreign keys refuse. Loaded before there are keys, these rows are what the
/// clean-up takes out or empties.
void make_orphans(const Odd& odd) {
  World& world = odd.world;
  constexpr std::string_view rule = "pg_foreign_key_violation";
  const auto nobody = [&] { return uuid4(world.random); };
  auto& removed = world.made.figures["orphans_removed"];
  auto& emptied = world.made.figures["orphans_set_null"];
  const std::string company = world.company_keys.front();

  for (int i = 0; i < 3; ++i) {
    odd.activity(rule, [&](JsonText& j) { j.string("company_id", nobody()); });
    ++removed;
  }
  // Two faults, one row: it goes.
  odd.activity(rule,
               [&](JsonText& j) { j.string("company_id", nobody()).string("user_id", nobody()); });
  odd.analysis(rule, [&](JsonText& j) { j.string("software_id", nobody()); });
  // As the original's own foreign key had it: a key of software_assets.
  odd.analysis(rule, [&](JsonText& j) {
    j.string("software_id", "software_assets/" + world.asset_keys[0]);
  });
  odd.analysis(rule, [&](JsonText& j) { j.string("company_id", nobody()); });
  odd.report(rule, [&](JsonText& j) { j.string("company_id", nobody()); });
  odd.alternative(rule, [&](JsonText& j) { j.string("original_software_id", nobody()); });
  removed += 6;
  for (int i = 0; i < 2; ++i) {
    odd.activity(rule,
                 [&](JsonText& j) { j.string("company_id", company).string("user_id", nobody()); });
    ++emptied;
  }
  odd.report(
      rule, [&](JsonText& j) { j.string("company_id", company).string("generated_by", nobody()); });
  ++emptied;
}

}  // namespace

PackSample make_assets(const PackOptions& options) {
  World world(options);
  const std::size_t n = options.scale;
  for (std::size_t i = 0; i < 12 * n; ++i) world.company_keys.push_back(world.key());
  for (std::size_t i = 0; i < 20 * n; ++i) make_user(world, i, 12 * n);
  for (std::size_t i = 0; i < 12 * n; ++i) make_company(world, i);
  for (std::size_t i = 0; i < 60 * n; ++i) make_software(world, i, 60 * n);
  for (std::size_t i = 0; i < 60 * n; ++i) make_asset(world, i);
  for (std::size_t i = 0; i < 40 * n; ++i) make_contract(world, i);
  for (std::size_t i = 0; i < 200 * n; ++i) make_activity(world, i);
  for (std::size_t i = 0; i < 80 * n; ++i) make_analysis(world, i);
  for (std::size_t i = 0; i < 30 * n; ++i) make_report(world, i);
  for (std::size_t i = 0; i < 60 * n; ++i) make_alternative(world, i);
  if (options.odd) {
    const Odd odd{world};
    make_odd_clients(odd);
    make_odd_software(odd);
    make_odd_findings(odd);
    make_orphans(odd);
  }

  world.made.database = "prism";
  for (Collection* c :
       {&world.users, &world.companies, &world.software, &world.assets, &world.contracts,
        &world.activity, &world.analyses, &world.reports, &world.alternatives})
    world.made.collections.push_back(std::move(*c).finish());
  return std::move(world.made);
}

}  // namespace arango2pg::samples
