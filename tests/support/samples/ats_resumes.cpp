#include <algorithm>
#include <string>

#include "samples/ats_internal.h"

namespace arango2pg::samples {
namespace {

/// Free text: never a date that could be cast.
std::string year(Random& random, std::size_t low, std::size_t high) {
  return std::to_string(random.between(low, high));
}

void append_or_null(JsonText& json, std::string_view name, bool present, std::string_view text) {
  if (present)
    json.string(name, text);
  else
    json.null(name);
}

void append_some(JsonText& json, std::string_view name, Random& random,
                 std::span<const std::string_view> items, std::size_t count) {
  json.name(name).begin_array();
  const std::size_t start = random.below(items.size());
  for (std::size_t i = 0; i < std::min(count, items.size()); ++i)
    json.string(items[(start + i * 5) % items.size()]);
  json.end_array();
}

void append_contact(JsonText& json, Random& random, const Person& person) {
  json.name("contact_info").begin_object().string("full_name", person.name);
  const std::string mail = std::string(person.ascii) + "@example.com";
  if (random.percent(90)) append_or_null(json, "email", random.percent(92), mail);
  if (random.percent(90)) append_or_null(json, "phone", random.percent(85), "+420 600 000 000");
  if (random.percent(75)) append_or_null(json, "address", random.percent(80), person.city);
  if (random.percent(60)) {
    json.name("links").begin_array();
    json.begin_object().string("name", "site");
    json.string("url", "https://example.com/" + std::string(person.ascii) + "?a=1&b=%20")
        .end_object();
    json.end_array();
  }
  json.end_object();
}

void append_work(JsonText& json, Random& random, std::size_t entries) {
  json.name("work_experience").begin_array();
  std::size_t until = 2025;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t from = until - random.between(1, 4);
    json.begin_object().string("company", random.pick(companies()));
    json.string("position", random.pick(positions())).string("start_date", std::to_string(from));
    append_or_null(json, "end_date", i > 0, std::to_string(until));
    json.boolean("is_current", i == 0);
    append_or_null(json, "description", random.percent(40), random.pick(summaries()));
    append_some(json, "responsibilities", random, achievements(), random.between(1, 6));
    append_some(json, "skills", random, skills(), random.below(6));
    json.end_object();
    until = from;
  }
  json.end_array();
}

void append_education(JsonText& json, Random& random, std::size_t entries) {
  constexpr std::string_view grades[] = {"3.7", "4", "1.3", "3.85", "0.1", "9"};
  json.name("education").begin_array();
  for (std::size_t i = 0; i < entries; ++i) {
    json.begin_object().string("institution", random.pick(schools()));
    json.string("degree", random.pick(degrees()));
    append_or_null(json, "field_of_study", random.percent(70), "Computer Science");
    append_or_null(json, "graduation_date", random.percent(90), year(random, 1998, 2024));
    json.raw("gpa", random.percent(40) ? random.pick(grades) : std::string_view("null"));
    json.raw("honors", random.percent(20) ? R"(["cum laude"])" : "[]");
    json.raw("relevant_courses", "[]");
    append_some(json, "skills", random, skills(), random.below(3));
    json.end_object();
  }
  json.end_array();
}

void append_certifications(JsonText& json, Random& random, std::size_t entries) {
  json.name("certifications").begin_array();
  for (std::size_t i = 0; i < entries; ++i) {
    json.begin_object()
        .string("name", random.pick(certificates()))
        .string("issuer", "Example Board");
    append_or_null(json, "date_obtained", random.percent(80), year(random, 2012, 2025));
    json.null("expiration_date");
    append_or_null(json, "credential_id", random.percent(30), "C-000123");
    json.end_object();
  }
  json.end_array();
}

enum class Kind { parsed, manual, edited, placeholder, failed, pack_shape, flat };

/// Every twenty résumés hold all kinds, in the shares of the real data (13 of 20 without
/// created_at, 16 of 20 with a task).
Kind kind_of(std::size_t i) {
  switch (i % 20) {
    case 3:
      return Kind::manual;
    case 5:
      return Kind::edited;
    case 7:
      return Kind::placeholder;
    case 11:
      return Kind::failed;
    case 13:
      return Kind::pack_shape;
    case 17:
      return Kind::flat;
    default:
      return Kind::parsed;
  }
}

std::string resume_key(World& world, std::size_t i) {
  if (i % 20 == 9) return world.numeric_key();
  // Every character that a key may hold besides letters and digits.
  if (i % 40 == 19) return "cv-" + std::to_string(i) + "_:.@()+,=;$!*'%";
  return uuid4(world.random);
}

void append_file(JsonText& json, Random& random, const Person& person, Micros processed) {
  struct Type {
    std::string_view suffix, type;
    std::size_t smallest, largest;
  };
  constexpr Type types[] = {
      {"pdf", "application/pdf", 18000, 2781566},
      {"txt", "text/plain", 4, 9000},
      {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", 9000,
       400000},
  };
  const Type& type = types[random.percent(60) ? 0 : random.percent(85) ? 1 : 2];
  std::string name(random.percent(50) ? person.name : person.ascii);
  std::replace(name.begin(), name.end(), ' ', '_');
  json.name("file_metadata").begin_object();
  json.string("filename", name + "_cv." + std::string(type.suffix));
  json.string("content_type", type.type);
  json.number("size", static_cast<std::int64_t>(random.between(type.smallest, type.largest)));
  json.string("processed_at", iso_time(processed)).end_object();
}

/// Flat content, as in the pack's own example: name, email, experience at the top.
void append_flat(JsonText& json, Random& random, const Person& person) {
  json.string("name", person.name).string("email", std::string(person.ascii) + "@example.com");
  json.string("summary", random.pick(summaries())).name("experience").begin_array();
  json.begin_object().string("company", random.pick(companies())).string("years", "2018-2021");
  json.end_object().end_array();
  append_some(json, "skills", random, skills(), 4);
  json.raw("education", "[]");
}

struct Times {
  Micros created, written;
};

void append_uploaded(JsonText& json, World& world, const Person& person, Kind kind, Times times) {
  append_file(json, world.random, person, times.created - 20000);
  json.name("resume_data");
  if (kind == Kind::failed) {
    json.null().string("status", "failed");
    json.string("error_message", "could not read page 2: 'unexpected end of file'");
  } else {
    append_resume_data(json, world.random, person);
    json.string("status", kind == Kind::edited ? "manual" : "parsed");
  }
}

void append_content(JsonText& json, World& world, const User& user, Kind kind, Times times) {
  Random& random = world.random;
  switch (kind) {
    case Kind::manual:
      json.string("status", "manual").string("source", "manual").name("resume_data");
      append_resume_data(json, random, user.person);
      json.name("file_metadata").begin_object().string("source", "manual_entry");
      json.string("created_by", user.id).end_object();
      break;
    case Kind::placeholder:
      json.string("status", "parsing").null("resume_data").null("file_metadata");
      break;
    case Kind::pack_shape:
      json.string("status", "completed").name("parsed_data").begin_object();
      append_flat(json, random, user.person);
      json.end_object().name("metadata").begin_object().string("source", "upload");
      json.string("parser_version", "1.0").end_object();
      break;
    case Kind::flat:
      append_flat(json, random, user.person);
      break;
    case Kind::parsed:
    case Kind::edited:
    case Kind::failed:
      append_uploaded(json, world, user.person, kind, times);
      break;
  }
}

/// The application wrote UTC without zone first, with zone later; both times are often absent.
void append_times(JsonText& json, Kind kind, std::size_t i, Times times) {
  const bool dated = kind == Kind::manual || kind == Kind::placeholder || kind == Kind::failed ||
                     kind == Kind::pack_shape || i % 20 == 1 || i % 20 == 2;
  if (kind == Kind::flat) {
    json.string("createdAt", iso_time(times.created, "+00:00"));
    return;
  }
  if (!dated) return;
  const std::string_view zone = i % 20 >= 10 ? "+00:00" : "";
  json.string("created_at", iso_time(times.created, zone));
  if (i % 20 != 3) json.string("updated_at", iso_time(times.written, zone));
}

}  // namespace

void append_resume_data(JsonText& json, Random& random, const Person& person) {
  json.begin_object();
  append_contact(json, random, person);
  append_or_null(json, "summary", random.percent(85), random.pick(summaries()));
  append_work(json, random, random.below(6));
  append_education(json, random, random.below(3));
  append_certifications(json, random, random.below(3));
  append_some(json, "skills", random, skills(), random.below(14));
  json.end_object();
}

void make_resumes(World& world) {
  for (std::size_t i = 0; i < world.options.resumes; ++i) {
    const Kind kind = kind_of(i);
    Times times{};
    times.created = times.written = world.tick();
    // On the full second Python prints no fraction.
    if (i % 20 == 1) times.created = times.written = times.created / 1000000 * 1000000;
    if (kind == Kind::edited || kind == Kind::failed || i % 20 == 2)
      times.written += static_cast<Micros>(world.random.between(5000000, 86400000000U >> 6));
    Resume resume{resume_key(world, i), i % world.users.size(), {}, false, times.created};
    const User& user = world.users[resume.user];
    JsonText json =
        world.resume_documents.begin(resume.key, times.written + 700, world.options.ascii);
    json.string(kind == Kind::flat ? "userId" : "user_id", user.id);
    append_content(json, world, user, kind, times);
    if (kind != Kind::manual && kind != Kind::pack_shape && kind != Kind::flat && i % 20 != 15) {
      resume.task_id = uuid4(world.random);
      json.string("task_id", resume.task_id);
    }
    append_times(json, kind, i, times);
    resume.parsed = kind != Kind::placeholder && kind != Kind::failed;
    world.resume_documents.add(times.written, json);
    world.resumes.push_back(std::move(resume));
  }
}

}  // namespace arango2pg::samples
