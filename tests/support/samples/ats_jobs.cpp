#include <algorithm>
#include <string>

#include "samples/ats_internal.h"

namespace arango2pg::samples {
namespace {

/// [text] or null, as the model answered.
void append_list(JsonText& json, std::string_view name, Random& random,
                 std::span<const std::string_view> items, unsigned present) {
  if (!random.percent(present)) {
    json.null(name);
    return;
  }
  json.name(name).begin_array();
  for (std::size_t n = random.between(1, 4); n > 0; --n) json.string(random.pick(items));
  json.end_array();
}

void append_parsed(JsonText& json, Random& random, const Job& job, std::size_t i) {
  json.name("parsed_data").begin_object().string("company", job.company);
  json.string("title", job.title).string("description", random.pick(summaries()));
  if (random.percent(60))
    json.string("salary", random.pick(salaries()));
  else
    json.null("salary");
  append_list(json, "responsibilities", random, achievements(), 90);
  append_list(json, "qualifications", random, skills(), 90);
  append_list(json, "logistics", random, locations(), 30);
  append_list(json, "location", random, locations(), 80);
  append_list(json, "additional_info", random, summaries(), 30);
  json.null("link").string("source_url", "https://jobs.example.com/" + std::to_string(4200 + i));
  json.end_object();
}

/// Keyed by résumé key; whole numbers from 0 to 100.
void append_scores(JsonText& json, World& world, const Job& job, Micros at) {
  constexpr std::string_view parts[] = {"overall_score",   "skills_score",   "experience_score",
                                        "education_score", "keywords_score", "career_score"};
  json.name("scores").begin_object();
  std::size_t left = 2;
  for (const Resume& resume : world.resumes) {
    if (resume.user != job.user || !resume.parsed || left == 0) continue;
    --left;
    json.name(resume.key).begin_object();
    for (const auto part : parts)
      json.number(part, static_cast<std::int64_t>(world.random.between(0, 100)));
    json.name("strengths").strings({"SQL"}).name("gaps").strings({"Kubernetes"});
    json.name("recommendations")
        .strings({"Name numbers"})
        .string("rationale", "Good fit – mostly.");
    json.string("scored_at", iso_time(at)).end_object();
  }
  json.end_object();
}

void append_state(JsonText& json, World& world, Job& job, std::size_t i, Micros written) {
  switch (i % 10) {
    case 0:
      json.string("status", "pending");
      json.string("source_url", "https://jobs.example.com/" + std::to_string(7997000 + i) + "/");
      break;
    case 1:
      json.string("status", "pending").string("source_type", "document");
      json.string("source_filename", "inzerát č. " + std::to_string(i) + ".docx");
      break;
    case 2:
      json.string("status", "failed").string("error_message", "HTTP 403 from the job board");
      json.string("source_url", "https://jobs.example.com/gone");
      break;
    default:
      job.completed = true;
      json.string("status", "completed");
      append_parsed(json, world.random, job, i);
      if (i % 10 > 5) append_scores(json, world, job, written);
  }
}

}  // namespace

void make_jobs(World& world) {
  for (std::size_t i = 0; i < world.options.jobs; ++i) {
    Job job;
    job.key = uuid4(world.random);
    job.user = i % world.users.size();
    job.company = world.random.pick(companies());
    job.title = world.random.pick(positions());
    job.at = world.tick();
    // Scores are added hours later: _rev is then later than updated_at, which they leave alone.
    const Micros written = job.at + (i % 10 > 5 ? 9000000000 : 3);
    JsonText json = world.job_documents.begin(job.key, written, world.options.ascii);
    json.string("user_id", world.users[job.user].id).string("type", "job");
    append_state(json, world, job, i, written);
    const std::string_view zone = i % 4 == 3 ? "+00:00" : "";
    json.string("created_at", iso_time(job.at, zone))
        .string("updated_at", iso_time(job.at + 3, zone));
    world.job_documents.add(written, json);
    world.jobs.push_back(std::move(job));
  }
}

}  // namespace arango2pg::samples
