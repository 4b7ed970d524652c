// Pack `requests`: students ask for videos, a pipeline of six stages makes them.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "samples/pack_sample.h"
#include "samples/vocabulary.h"

namespace arango2pg::samples {
namespace {

using Fill = std::function<void(JsonText&)>;

struct Stage {
  std::string_view name, status_of_request;
  std::int64_t usual_seconds;
};

constexpr Stage pipeline[] = {
    {"validation", "validating", 2},
    {"rag_retrieval", "retrieving", 10},
    {"script_generation", "generating_script", 30},
    {"video_generation", "generating_video", 120},
    {"video_processing", "processing_video", 20},
    {"notification", "notifying", 2},
};

constexpr std::string_view topics[] = {
    "Photosynthesis",
    "Der Satz des Pythagoras",
    "Věta o střední hodnotě",
    "光合作用",
    "Newton's laws",
    "La Révolution française",
    "Закон Ома",
    "¿Qué es un átomo? 🔬",
    "Supply\tdemand",
    "The \"quiet\" causes of WWI",
    "Plate tectonics",
    "الكسور العشرية",
};

/// The world's documents so far, and what others refer to.
struct World : PackWorld {
  using PackWorld::PackWorld;
  Collection organizations{"organizations", false, {"domain"}};
  Collection users{"users", false, {"email"}};
  Collection requests{"content_requests", false, {"student_id", "created_at"}};
  Collection requested_by{"requested_by", true, {}};
  std::vector<std::string> organization_keys, student_keys, request_keys;
  std::int64_t stages = 0, events = 0, completed = 0;
};

void make_organizations(World& world) {
  constexpr std::string_view names[] = {"Leeds Unified School District", "Základní školy Brno",
                                        "Colegios de A Coruña", "札幌市立高校"};
  constexpr std::string_view tiers[] = {"free", "district", "enterprise"};
  std::size_t i = 0;
  for (const std::string_view name : names) {
    const Micros at = world.tick();
    const std::string key = "org_" + std::to_string(100 + i);
    JsonText json = world.begin(world.organizations, key, at);
    json.string("name", name);
    if (i != 1) json.string("domain", i == 2 ? " " : "School" + std::to_string(i) + ".example.org");
    if (i != 3) json.string("subscription_tier", tiers[i]);
    if (i != 0) json.raw("settings", R"({"locale":"en","limits":{"videos_per_day":25}})");
    json.string("created_at", iso_time(at)).boolean("archived", i == 2);
    if (i == 2) json.string("archived_at", iso_time(at, "+00:00"));
    world.organizations.add(at, json);
    world.organization_keys.push_back(key);
    ++i;
  }
}

void make_users(World& world, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const Person& person = people()[i % people().size()];
    const Micros at = world.tick();
    const bool teacher = i % 10 == 9;
    const std::string key = "user_" + std::to_string(1000 + i);
    JsonText json = world.begin(world.users, key, at);
    json.string("email", std::string(person.ascii) + "+" + std::to_string(i) + "@example.com");
    const std::size_t blank = person.name.find(' ');
    json.string("first_name", person.name.substr(0, blank));
    json.string("last_name", blank == std::string_view::npos ? "-" : person.name.substr(blank + 1));
    json.string("role", teacher ? "teacher" : "student");
    if (i % 7 == 3) json.string("status", "suspended");
    if (i % 4 != 3)
      json.string("organization_id", world.random.pick(std::span(world.organization_keys)));
    if (i % 4 == 3 && i % 8 == 3) json.string("organization_id", "");  // what the form sent
    if (teacher)
      json.raw("teacher_data", R"({"subjects":["physics","maths"],"since":2019})");
    else
      json.number("grade_level", 9 + static_cast<std::int64_t>(i % 4));
    if (i % 3 == 0) json.string("last_login_at", iso_time(at, "+00:00")).number("login_count", 7);
    json.string("created_at", iso_time(at));
    world.users.add(at, json);
    if (!teacher) world.student_keys.push_back(key);
  }
}

/// "stages" of a request that finished `done` stages; the next one is in progress, or failed.
void append_stages(World& world, JsonText& json, std::size_t done, bool failed, Micros start) {
  json.name("stages").begin_array();
  Micros at = start;
  for (std::size_t s = 0; s < std::size(pipeline); ++s) {
    const Stage& stage = pipeline[s];
    json.begin_object().string("stage_name", stage.name);
    // Older workers wrote no order.
    if (world.request_keys.size() % 9 != 4)
      json.number("stage_order", static_cast<std::int64_t>(s) + 1);
    const bool skipped = s < done && s == 4 && world.request_keys.size() % 11 == 5;
    if (skipped) {
      json.string("status", "skipped");
    } else if (s < done) {
      const auto millis =
          stage.usual_seconds * 1000 + static_cast<std::int64_t>(world.random.below(900));
      json.string("status", "completed").string("started_at", iso_time(at));
      at += millis * 1000;
      json.string("completed_at", iso_time(at));
      json.raw("duration_seconds", std::to_string(millis / 1000) + "." +
                                       std::to_string(1000 + millis % 1000).substr(1) +
                                       "0000000013");
      if (s == 1)
        json.raw("output_data",
                 R"({"passages":[{"id":"p-1","score":0.91},{"id":"p-2","score":0.5}]})");
    } else if (s == done && failed) {
      json.string("status", "failed").string("error_message", "the model's answer was no JSON");
      json.number("retry_count", 3).raw("error_details", R"({"code":"LLM_BAD_JSON","attempts":4})");
    } else {
      json.string("status", s == done ? "in_progress" : "pending");
    }
    if (s == 0)
      json.raw(world.request_keys.size() % 5 == 2 ? "stage_meta_data" : "stage_metadata",
               R"({"worker":"w-1"})");
    json.end_object();
    ++world.stages;
  }
  json.end_array();
}

void append_events(World& world, JsonText& json, std::size_t done, bool failed, Micros start) {
  constexpr std::string_view levels[] = {"info", "INFO", "warn", "warning"};
  json.name("events").begin_array();
  for (std::size_t e = 0; e <= done; ++e) {
    const bool last = failed && e == done;
    json.begin_object().string("event_type", last ? "stage_failed" : "status_change");
    json.string(e % 2 == 0 ? "event_message" : "message", last ? "failed" : "on its way");
    json.string("severity", last ? "error" : world.random.pick(levels));
    if (e > 0) json.number("created_at", start / 1000 + static_cast<std::int64_t>(e) * 1500);
    json.raw("event_data", R"({"old_status":"pending","attempt":1.0})")
        .string("source_service", "content-worker");
    json.end_object();
    ++world.events;
  }
  if (failed && world.request_keys.size() % 2 == 0) {
    json.raw(
        R"({"event_type":"circuit_breaker_open","event_message":"too many failures","severity":"critical"})");
    ++world.events;
  }
  json.end_array();
}

std::string request_key(World& world, std::size_t i) {
  if (i % 3 != 1) return uuid4(world.random);
  return "req_" + uuid4(world.random).substr(0, 8) + uuid4(world.random).substr(0, 8);
}

void make_request(World& world, std::size_t i) {
  const Micros at = world.tick();
  const std::string key = request_key(world, i);
  const std::size_t done =
      i % 4 == 0 ? std::size(pipeline) : world.random.below(std::size(pipeline));
  const bool completed = done == std::size(pipeline), failed = !completed && i % 5 == 1;
  const bool cancelled = !completed && !failed && i % 13 == 2, waiting = !cancelled && i % 17 == 3;
  JsonText json = world.begin(world.requests, key, at + 180000000);
  json.string("correlation_id",
              "vvd_" + std::to_string(at / 1000) + "_" + uuid4(world.random).substr(0, 8));
  json.string("student_id", world.random.pick(std::span(world.student_keys)));
  json.string("topic", world.random.pick(topics));
  if (i % 3 == 0) json.string("learning_objective", world.random.pick(achievements()));
  json.string("grade_level", i % 2 == 0 ? "8th" : "10").number("duration_minutes", 3);
  if (i % 4 != 1)
    json.string("organization_id", world.random.pick(std::span(world.organization_keys)));
  if (completed) {
    json.string("status", "completed").number("progress_percentage", 100);
    json.string("completed_at", iso_time(at + 184000000)).raw("total_duration_seconds", "184.4");
    json.string("video_url", "https://videos.example.com/" + key + ".mp4");
    json.string("script_text", "Scene 1\n" + std::string(world.random.pick(summaries())));
    ++world.completed;
  } else if (failed) {
    json.string("status", "failed").string("error_stage", pipeline[done].name);
    json.string("error_message", "the model's answer was no JSON").number("retry_count", 3);
    json.string("failed_at", iso_time(at + 90000000, "+00:00"));
    json.raw("error_details", R"({"code":"LLM_BAD_JSON"})");
  } else if (cancelled) {
    json.string("status", "cancelled");
  } else if (waiting) {
    // How the application worked round a status that its enumeration lacked.
    json.string("status", "pending");
    json.raw("request_metadata",
             R"({"clarification":{"questions":["Which war?"],"reasoning":"ambiguous"}})");
  } else {
    json.string("status", pipeline[done].status_of_request)
        .string("current_stage", pipeline[done].name);
    json.number("progress_percentage", static_cast<std::int64_t>(100 * done / std::size(pipeline)));
  }
  if (i % 8 != 6) json.string("created_at", i % 2 == 0 ? iso_time(at) : iso_time(at, "+00:00"));
  if (!waiting) json.string("started_at", iso_time(at + 400000));
  if (!waiting && i % 19 != 7) append_stages(world, json, done, failed, at + 400000);
  append_events(world, json, done, failed, at);
  world.requests.add(at, json);
  world.request_keys.push_back(key);
}

void make_edges(World& world) {
  for (std::size_t i = 0; i < world.request_keys.size(); i += 2) {
    const Micros at = world.tick();
    JsonText json =
        world.requested_by.begin(std::to_string(5000 + i), at, world.options.ascii,
                                 "users/" + world.random.pick(std::span(world.student_keys)),
                                 "content_requests/" + world.request_keys[i]);
    json.string("requested_at", iso_time(at)).string("channel", i % 4 == 0 ? "web" : "mobile");
    world.requested_by.add(at, json);
  }
}

// Documents that can't be loaded: each has exactly one fault.
void odd(World& world, Collection& collection, const std::string& key, std::string_view rule,
         const Fill& fill) {
  const Micros at = world.tick();
  JsonText json = world.begin(collection, key, at);
  fill(json);
  collection.add(at, json);
  world.must_be_quarantined(collection, key, rule);
}

/// A request that is good but for what `fill` adds. `usual`: without these attributes it is not.
void odd_request(World& world, std::string_view rule, const Fill& fill,
                 std::string_view without = {}) {
  const std::string key = uuid4(world.random);
  odd(world, world.requests, key, rule, [&](JsonText& json) {
    if (without != "correlation_id") json.string("correlation_id", "req_" + key.substr(0, 8));
    if (without != "student_id") json.string("student_id", world.student_keys[0]);
    if (without != "topic") json.string("topic", "Oddities");
    fill(json);
  });
}

void odd_values(World& world) {
  odd_request(world, "unknown_label", [](JsonText& j) { j.string("status", "generating"); });
  odd_request(world, "unknown_label",
              [](JsonText& j) { j.string("status", "clarification_needed"); });
  odd_request(
      world, "required", [](JsonText&) {}, "correlation_id");
  odd_request(
      world, "required", [](JsonText&) {}, "student_id");
  odd_request(
      world, "too_long", [](JsonText& j) { j.string("topic", std::string(501, 'x')); }, "topic");
  odd_request(world, "check_max", [](JsonText& j) { j.number("progress_percentage", 130); });
  odd_request(world, "bad_integer", [](JsonText& j) { j.raw("duration_minutes", "2.5"); });
  odd_request(world, "bad_timestamp", [](JsonText& j) { j.string("started_at", "None"); });
  odd_request(world, "nul_character",
              [](JsonText& j) { j.raw("script_text", R"("cut\u0000here")"); });
  odd_request(world, "check_type", [](JsonText& j) { j.string("request_metadata", "{}"); });
  odd(world, world.organizations, "org_nameless", "required",
      [](JsonText& j) { j.string("type", "school"); });
}

void odd_children(World& world) {
  odd_request(world, "wrong_type",
              [](JsonText& j) { j.raw("stages", R"({"validation":"completed"})"); });
  odd_request(world, "unknown_label", [](JsonText& j) {
    j.raw("stages", R"([{"stage_name":"validation","status":"running"}])");
  });
  odd_request(world, "unmapped_value", [](JsonText& j) {
    j.raw("stages", R"([{"stage_name":"upload","status":"pending"}])");
  });
  odd_request(world, "pg_unique_violation", [](JsonText& j) {
    j.raw("stages", R"([{"stage_name":"validation"},{"stage_name":"validation"}])");
  });
  odd_request(world, "unmapped_value", [](JsonText& j) {
    j.raw("events", R"([{"event_type":"error","event_message":"m","severity":"fatal"}])");
  });
  odd_request(world, "required",
              [](JsonText& j) { j.raw("events", R"([{"event_type":"error"}])"); });
}

/// What only PostgreSQL can tell.
void odd_constraints(World& world) {
  odd_request(
      world, "pg_foreign_key_violation", [](JsonText& j) { j.string("student_id", "user_gone"); },
      "student_id");
  odd_request(world, "pg_foreign_key_violation",
              [](JsonText& j) { j.string("organization_id", "org_gone"); });
  const auto user = [&](const char* key, std::string_view rule, const Fill& fill) {
    odd(world, world.users, key, rule, [&](JsonText& json) {
      json.string("first_name", "Odd").string("last_name", "User");
      fill(json);
    });
  };
  user("user_twin", "pg_unique_violation", [](JsonText& j) {
    j.string("email", std::string(people()[0].ascii) + "+0@example.com").string("role", "student");
  });
  user("user_parent", "unknown_label",
       [](JsonText& j) { j.string("email", "parent@example.com").string("role", "parent"); });
  user("user_young", "check_min", [](JsonText& j) {
    j.string("email", "young@example.com").string("role", "student").number("grade_level", 8);
  });
}

}  // namespace

PackSample make_requests(const PackOptions& options) {
  World world(options);
  make_organizations(world);
  make_users(world, 40 * options.scale);
  for (std::size_t i = 0; i < 150 * options.scale; ++i) make_request(world, i);
  make_edges(world);
  if (options.odd) {
    odd_values(world);
    odd_children(world);
    odd_constraints(world);
  }
  world.made.database = "vividly";
  for (Collection* c : {&world.organizations, &world.users, &world.requests, &world.requested_by})
    world.made.collections.push_back(std::move(*c).finish());
  world.made.figures = {
      {"stages", world.stages}, {"events", world.events}, {"completed", world.completed}};
  return std::move(world.made);
}

}  // namespace arango2pg::samples
