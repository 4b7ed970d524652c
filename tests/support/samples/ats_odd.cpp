// Documents that can't be loaded, one for each rule that real data breaks. They belong to known
// users and refer to good documents, except where that is the point, so each has exactly one fault.
#include <functional>
#include <string>

#include "samples/ats_internal.h"

namespace arango2pg::samples {
namespace {

using Fill = std::function<void(JsonText&)>;

class OddMaker {
 public:
  explicit OddMaker(World& world) : world_(world) {}

  void add(Collection& collection, const std::string& key, std::string_view rule,
           const Fill& fill) {
    const Micros at = world_.tick();
    JsonText json = collection.begin(key, at, world_.options.ascii);
    fill(json);
    collection.add(at, json);
    world_.quarantined.push_back({collection.name(), key, std::string(rule)});
  }
  /// A résumé that is good but for what `fill` adds.
  void resume(std::string_view rule, const Fill& fill) {
    add(world_.resume_documents, uuid4(world_.random), rule, [&](JsonText& json) {
      json.string("user_id", world_.users[0].id);
      fill(json);
    });
  }
  /// A result of the AI for the first résumé, good but for what `fill` adds.
  void result(std::string_view type, std::string_view rule, const Fill& fill) {
    add(world_.documents, world_.numeric_key(), rule, [&](JsonText& json) {
      json.string("type", type).string("user_id", world_.users[0].id);
      fill(json);
    });
  }
  World& world() { return world_; }

 private:
  World& world_;
};

void odd_values(OddMaker& odd) {
  odd.resume("bad_timestamp", [](JsonText& j) { j.string("created_at", "yesterday"); });
  odd.resume("bad_timestamp", [](JsonText& j) { j.string("created_at", "2025-02-30T10:00:00"); });
  // PostgreSQL would round what the source holds.
  odd.resume("bad_timestamp",
             [](JsonText& j) { j.string("updated_at", "2025-08-17T10:00:00.123456789"); });
  odd.resume("nul_character", [](JsonText& j) {
    j.name("resume_data").begin_object().raw("summary", R"("cut\u0000here")").end_object();
  });
  odd.resume("lone_surrogate", [](JsonText& j) {
    j.name("resume_data").begin_object().raw("summary", R"("half a smile: \ud83d")").end_object();
  });
  odd.resume("bad_integer", [](JsonText& j) {
    j.name("file_metadata").begin_object().string("size", "12 kB").end_object();
  });
  odd.resume("out_of_range", [](JsonText& j) { j.number("version", 3000000000); });
  odd.resume("wrong_type", [](JsonText& j) { j.string("is_active", "perhaps"); });
  odd.resume("too_long", [](JsonText& j) {
    j.name("file_metadata").begin_object();
    j.string("filename", std::string(300, 'x') + ".pdf").end_object();
  });
}

void odd_shapes(OddMaker& odd) {
  odd.add(odd.world().resume_documents, uuid4(odd.world().random), "required",
          [](JsonText& j) { j.string("status", "parsed"); });
  odd.resume("check_type", [](JsonText& j) { j.string("resume_data", "see attachment"); });
  odd.resume("check_max_items", [](JsonText& j) {
    j.name("resume_data").begin_object().name("work_experience").begin_array();
    for (int i = 0; i < 501; ++i) j.raw(R"({"company":"A","position":"B"})");
    j.end_array().end_object();
  });
  odd.result("research", "unmapped_value", [](JsonText& j) {
    j.name("metadata").begin_object().string("report_type", "gossip").end_object();
  });
  odd.result("optimization", "bad_reference", [](JsonText& j) { j.string("resume_id", ""); });
  odd.result("optimization", "out_of_range", [](JsonText& j) { j.number("ats_score", 1234); });
  odd.add(odd.world().task_results, uuid4(odd.world().random), "bad_uuid", [](JsonText& j) {
    j.string("task_id", "task-7").raw("result", "{}").string("type", "task_result");
  });
}

/// What only PostgreSQL can tell.
void odd_constraints(OddMaker& odd) {
  odd.resume("pg_check_violation", [](JsonText& j) { j.string("status", "archived"); });
  odd.add(odd.world().resume_documents, uuid4(odd.world().random), "pg_foreign_key_violation",
          [](JsonText& j) { j.string("user_id", "nobody").string("status", "parsed"); });
  const std::string gone = uuid4(odd.world().random);
  odd.result("optimization", "pg_foreign_key_violation",
             [&](JsonText& j) { j.string("resume_id", gone); });
  odd.add(odd.world().job_documents, uuid4(odd.world().random), "pg_check_violation",
          [&](JsonText& j) {
            j.string("user_id", odd.world().users[0].id).string("status", "completed");
            j.string("created_at", "2025-08-20T10:00:00");
            j.string("expires_at", "2025-08-19T10:00:00");
          });
  if (!odd.world().options.users) return;
  odd.add(odd.world().user_documents, "twin", "pg_unique_violation", [&](JsonText& j) {
    const Person& person = odd.world().users[0].person;
    j.string("name", person.name).string("email", std::string(person.ascii) + "+0@example.com");
  });
}

}  // namespace

void make_odd(World& world) {
  OddMaker odd(world);
  odd_values(odd);
  odd_shapes(odd);
  odd_constraints(odd);
}

void make_broken(World& world) {
  const std::string user = R"(","user_id":")" + world.users[0].id + "\"";
  const auto add = [&](const std::string& key, const std::string& line, std::string_view rule) {
    world.resume_documents.add_line(world.tick(), line);
    world.quarantined.push_back({"resumes", key, std::string(rule)});
  };
  const auto begin = [&](const std::string& key) { return R"({"_key":")" + key + user; };
  add("", begin("cut-off") + R"(,"resume_data":{"summary":"the disk was full)", "json_syntax");
  add("", begin("bad-utf8") + ",\"status\":\"parsed \xc3\x28\"}", "json_utf8");
  add("", begin("huge-number") + R"(,"resume_data":{"gpa":1e200000}})", "json_number_range");
  add("", R"(["no","document"])", "not_an_object");
}

}  // namespace arango2pg::samples
