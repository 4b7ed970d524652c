#include <string>

#include "samples/ats_internal.h"

namespace arango2pg::samples {
namespace {

const Resume* resume_of(const World& world, const Job& job) {
  for (const Resume& resume : world.resumes)
    if (resume.user == job.user && resume.parsed) return &resume;
  return nullptr;
}

void make_optimization(World& world, const Job& job, const Resume& resume, std::size_t i) {
  const Micros at = world.tick();
  const User& user = world.users[job.user];
  JsonText json = world.documents.begin(world.numeric_key(), at + 500, world.options.ascii);
  json.string("type", "optimization").string("user_id", user.id);
  if (i % 4 == 0) json.string("task_id", uuid4(world.random));
  json.string("resume_id", resume.key).string("job_id", job.key);
  json.string("content", "# " + std::string(user.person.name) + "\n\n- " +
                             std::string(world.random.pick(achievements())) + "\n");
  json.name("optimized_data");
  append_resume_data(json, world.random, user.person);
  if (i % 5 == 0) {
    json.raw("optimization_score", "87.456").name("keywords_matched").strings({"SQL", "C++"});
  }
  json.string("created_at", iso_time(at)).string("status", "completed");
  world.documents.add(at, json);
}

void make_research(World& world, const Job& job, const Resume& resume) {
  const Micros at = world.tick();
  const User& user = world.users[job.user];
  const std::string key = world.numeric_key();
  JsonText json = world.documents.begin(key, at + 500, world.options.ascii);
  json.string("type", "research").string("task_id", uuid4(world.random));
  json.string("user_id", user.id).string("resume_id", resume.key).string("job_id", job.key);
  json.string("content", "# " + job.company + ": what to know\n\n" +
                             std::string(world.random.pick(summaries())) + "\n");
  json.string("company", job.company).string("job_title", job.title);
  json.string("created_at", iso_time(at)).string("status", "completed");
  json.name("metadata").begin_object().string("content_type", "markdown");
  json.string("report_type", "company_research")
      .number("word_count", 6 + static_cast<std::int64_t>(world.random.below(900)));
  json.end_object();
  world.documents.add(at, json);

  JsonText edge = world.job_research.begin(world.numeric_key(), at + 900, world.options.ascii,
                                           "jobs/" + job.key, "documents/" + key);
  edge.string("relationship", "has_research").string("created_at", iso_time(at + 400));
  world.job_research.add(at, edge);
}

/// A kind that the design pages planned: no mapping takes it, so it must be counted as filtered.
void make_cover_letter(World& world, const User& user) {
  const Micros at = world.tick();
  JsonText json = world.documents.begin(world.numeric_key(), at, world.options.ascii);
  json.string("type", "cover_letter").string("user_id", user.id).string("filename", "letter.md");
  json.string("content", "Dear all,\n").string("created_at", iso_time(at));
  world.documents.add(at, json);
  world.documents.filter_one();
}

void make_task_result(World& world, const Resume& resume) {
  const Micros at = world.tick();
  const User& user = world.users[resume.user];
  JsonText json = world.task_results.begin(uuid4(world.random), at + 300, world.options.ascii);
  json.string("task_id", resume.task_id).name("result").begin_object();
  json.string("resume_id", resume.key).string("user_id", user.id).name("resume_data");
  if (resume.parsed)
    append_resume_data(json, world.random, user.person);
  else
    json.null();
  json.string("status", resume.parsed ? "completed" : "failed").end_object();
  json.string("created_at", iso_time(at)).string("type", "task_result");
  world.task_results.add(at, json);
}

}  // namespace

void make_results(World& world) {
  std::size_t i = 0;
  for (const Job& job : world.jobs) {
    const Resume* resume = job.completed ? resume_of(world, job) : nullptr;
    if (resume == nullptr) continue;
    make_optimization(world, job, *resume, i);
    if (i % 3 == 0) make_optimization(world, job, *resume, i + 1);  // a second version
    if (i % 3 != 2) make_research(world, job, *resume);
    if (i % 16 == 7) make_cover_letter(world, world.users[job.user]);
    ++i;
  }
  for (std::size_t r = 0; r < world.resumes.size(); r += 2)
    if (!world.resumes[r].task_id.empty()) make_task_result(world, world.resumes[r]);
}

}  // namespace arango2pg::samples
