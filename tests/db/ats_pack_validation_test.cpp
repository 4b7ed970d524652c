// What the ats pack refuses, and what it lets pass while arango2pg loads.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "db/ats_pack_fixture.h"

namespace arango2pg::pg {
namespace {

constexpr const char* loading = "SET LOCAL arango2pg.loading = on; ";

class AtsValidation : public AtsPackTest {
 protected:
  static std::string resume(const std::string& parsed_data, const std::string& status = "parsed") {
    return "INSERT INTO resume_documents (user_id, status, parsed_data) VALUES ('ada', '" + status +
           "', '" + parsed_data + "');";
  }
  static std::string job(const std::string& parsed_data, const std::string& status = "completed",
                         const std::string& skills = "NULL") {
    return "INSERT INTO job_documents (user_id, status, parsed_data, skills) VALUES ('ada', '" +
           status + "', '" + parsed_data + "', " + skills + ");";
  }
  static std::string optimization(const std::string& content, const std::string& more = "",
                                  const std::string& values = "") {
    return "INSERT INTO optimization_results (user_id, optimized_content" + more +
           ") VALUES ('ada', '" + content + "'" + values + ");";
  }
};

TEST_F(AtsValidation, AResumeNeedsANameAndAContact) {
  EXPECT_TRUE(accepts(resume(R"({"contact_info": {"full_name": "Ada", "email": null}})")));
  EXPECT_TRUE(
      accepts(resume(R"({"name": "John Doe", "email": "john@example.com", "skills": []})")));
  EXPECT_TRUE(accepts(resume(R"({"name": "John", "phone": "1"})", "manual")));
  EXPECT_TRUE(refuses(resume(R"({"contact_info": {"full_name": " ", "email": "a@b"}})"), "23514",
                      "neither contact_info.full_name nor name"));
  EXPECT_TRUE(refuses(resume(R"({"name": "John"})"), "23514",
                      "neither contact_info, contact, email nor phone"));
  EXPECT_TRUE(refuses(resume(R"({"name": "John", "contact_info": "see below"})"), "23514",
                      "neither contact_info, contact"));
  EXPECT_TRUE(refuses(resume("[]"), "23514", "parsed_data is no object"));
  EXPECT_TRUE(refuses(resume("{}", "completed"), "23514", "parsed_data has neither"));
}

// The original refused every placeholder, and with it every upload.
TEST_F(AtsValidation, AResumeThatIsNotParsedYetNeedsNothing) {
  for (const char* status : {"pending", "parsing", "failed"})
    EXPECT_TRUE(accepts(resume("{}", status))) << status;
}

TEST_F(AtsValidation, TheListsOfAResumeAreArrays) {
  for (const char* name :
       {"experience", "work_experience", "education", "certifications", "skills"}) {
    const std::string begin = R"({"name": "A", "phone": "1", ")" + std::string(name) + "\": ";
    EXPECT_TRUE(refuses(resume(begin + "\"none\"}"), "23514",
                        "parsed_data." + std::string(name) + " is no array"));
    EXPECT_TRUE(accepts(resume(begin + "null}"))) << name;
    EXPECT_TRUE(accepts(resume(begin + "[]}"))) << name;
  }
}

TEST_F(AtsValidation, AnEmailMustLookLikeOneAndMayBeInternational) {
  const auto with = [](const std::string& email) {
    return resume(R"({"contact_info": {"full_name": "A", "email": )" + email + "}}");
  };
  EXPECT_TRUE(accepts(with(R"("žofie@příklad.cz")")));
  EXPECT_TRUE(accepts(with(R"("")")));
  EXPECT_TRUE(refuses(with(R"("see LinkedIn")"), "23514",
                      "parsed_data.contact_info.email is no e-mail address"));
  EXPECT_TRUE(refuses(resume(R"({"name": "A", "email": "nobody"})"), "23514",
                      "parsed_data.email is no e-mail address"));
}

TEST_F(AtsValidation, UpdatesAreChecked) {
  sql(resume("{}", "parsing"));
  EXPECT_TRUE(refuses("UPDATE resume_documents SET status = 'parsed'", "23514", "has neither"));
  EXPECT_TRUE(
      accepts("UPDATE resume_documents SET status = 'parsed', "
              R"(parsed_data = '{"name": "A", "phone": "1"}')"));
}

// The message names row and rule, never what is in the document.
TEST_F(AtsValidation, RefusalsNameTheRuleAndKeepTheContents) {
  const std::string said = refusal(resume(R"({"name": "Secret Name", "email": "secret"})"));
  EXPECT_EQ(said.find("Secret"), std::string::npos) << said;
  EXPECT_EQ(said.find("secret"), std::string::npos) << said;
}

TEST_F(AtsValidation, AJobNeedsADescriptionWhenItIsCompleted) {
  EXPECT_TRUE(accepts(job("{}", "pending")));
  EXPECT_TRUE(accepts(job("{}", "failed")));
  EXPECT_TRUE(accepts(job(R"({"description": "x"})")));
  EXPECT_TRUE(refuses(job(R"({"description": " "})"), "23514", "parsed_data has no description"));
  EXPECT_TRUE(refuses(job("{}"), "23514", "parsed_data has no description"));
  EXPECT_TRUE(refuses(job(R"("text")", "pending"), "23514", "parsed_data is no object"));
}

TEST_F(AtsValidation, TheListsOfAJobAreArrays) {
  EXPECT_TRUE(accepts(job("{}", "pending", R"('["SQL"]')")));
  EXPECT_TRUE(refuses(job("{}", "pending", R"('"SQL"')"), "23514", "skills is no array"));
  for (const char* column : {"requirements", "keywords"})
    EXPECT_TRUE(refuses(
        std::string("INSERT INTO job_documents (user_id, ") + column + ") VALUES ('ada', '{}')",
        "23514", std::string(column) + " is no array"));
}

// In real postings the salary is free text: the original's cast failed on it.
TEST_F(AtsValidation, ASalaryOfTwoNumbersIsInOrder) {
  EXPECT_TRUE(accepts(job(R"({"description": "x", "salary": "80k to 95k"})")));
  EXPECT_TRUE(accepts(job(R"({"description": "x", "salary": {"min": 5, "max": 5}})")));
  EXPECT_TRUE(accepts(job(R"({"description": "x", "salary": {"min": "a lot", "max": 5}})")));
  EXPECT_TRUE(refuses(job(R"({"description": "x", "salary": {"min": 6, "max": 5}})"), "23514",
                      "salary.min is above salary.max"));
}

TEST_F(AtsValidation, AnOptimizationHasContentListsAndScores) {
  EXPECT_TRUE(accepts(optimization(R"({"content": "# A"})")));
  EXPECT_TRUE(accepts(optimization("{}", ", status", ", 'running'")));
  EXPECT_TRUE(
      refuses(optimization(R"({"data": {}})"), "23514", "optimized_content has no content"));
  EXPECT_TRUE(refuses(optimization("[]"), "23514", "optimized_content is no object"));
  for (const char* list : {"suggestions", "matched_keywords", "missing_keywords"})
    EXPECT_TRUE(refuses(optimization(R"({"content": "x"})", std::string(", ") + list, ", '{}'"),
                        "23514", std::string(list) + " is no array"));
  EXPECT_TRUE(refuses(optimization(R"({"content": "x"})", ", ats_score", ", 100.01"), "23514",
                      "optimization_ats_score_check"));
  EXPECT_TRUE(refuses(optimization(R"({"content": "x"})", ", keyword_match_score", ", -1"), "23514",
                      "optimization_keyword_match_score_check"));
}

TEST_F(AtsValidation, DocumentsBelongToUsers) {
  for (const char* table :
       {"resume_documents", "job_documents", "optimization_results", "research_results"})
    EXPECT_TRUE(refuses(std::string("INSERT INTO ") + table + " (user_id) VALUES ('nobody')",
                        "23503", "user_id_fkey"));
  // For tables without a foreign key, such as tasks.
  sql(R"(CREATE TRIGGER check_task_user BEFORE INSERT ON tasks
         FOR EACH ROW EXECUTE FUNCTION check_user_exists())");
  EXPECT_TRUE(
      refuses("INSERT INTO tasks (user_id, task_type, payload) VALUES ('nobody', 'x', '{}')",
              "23503", "user 'nobody' does not exist"));
  EXPECT_TRUE(accepts("INSERT INTO tasks (user_id, task_type, payload) VALUES ('ada', 'x', '{}')"));
}

TEST_F(AtsValidation, AFileIsActiveOncePerUser) {
  const auto file = [](const std::string& user, const std::string& hash,
                       const std::string& active) {
    return "INSERT INTO resume_documents (user_id, file_hash, is_active) VALUES ('" + user + "', " +
           hash + ", " + active + ");";
  };
  const std::string first = file("ada", "'h'", "true");
  EXPECT_TRUE(refuses(first + first, "23505", "prevent_duplicate_resume"));
  EXPECT_TRUE(accepts(first + file("bob", "'h'", "true") + file("ada", "'h'", "false")));
  EXPECT_TRUE(accepts(file("ada", "NULL", "true") + file("ada", "NULL", "true")));
  EXPECT_TRUE(
      refuses(first + file("ada", "'h'", "false") + "UPDATE resume_documents SET is_active = true",
              "23505", "prevent_duplicate_resume"));
}

TEST_F(AtsValidation, AUserHasTenActiveResumesAtMostOrAsManyAsTheSettingSays) {
  const std::string ten =
      "INSERT INTO resume_documents (user_id) SELECT 'ada' FROM generate_series(1, 10);";
  const std::string one = "INSERT INTO resume_documents (user_id) VALUES ('ada');";
  const std::string idle =
      "INSERT INTO resume_documents (user_id, is_active) VALUES ('ada', false);";
  EXPECT_TRUE(accepts(ten + idle + "INSERT INTO resume_documents (user_id) VALUES ('bob');"));
  EXPECT_TRUE(
      refuses(ten + one, "23514", "user 'ada' would have 11 active resumes, the limit is 10"));
  EXPECT_TRUE(
      refuses(ten + idle + "UPDATE resume_documents SET is_active = true WHERE NOT is_active",
              "23514", "would have 11 active resumes"));
  EXPECT_TRUE(accepts("SET LOCAL ats.max_active_resumes = 11; " + ten + one));
  EXPECT_TRUE(refuses("SET LOCAL ats.max_active_resumes = 0; " + one, "23514", "the limit is 0"));
  // The original counted at every update: a user above the limit could not change anything.
  EXPECT_TRUE(accepts(ten + "SET LOCAL ats.max_active_resumes = 5; "
                            "UPDATE resume_documents SET filename = 'x', is_active = true"));
}

// Two sessions at once must not both see nine.
TEST_F(AtsValidation, TheLimitHoldsForSessionsAtTheSameTime) {
  sql("INSERT INTO resume_documents (user_id) SELECT 'ada' FROM generate_series(1, 9)");
  auto other = db().connect();
  other.exec("SET statement_timeout = '30s'");
  std::string said;
  std::thread second;
  {
    Transaction first(connection());
    connection().exec("INSERT INTO resume_documents (user_id) VALUES ('ada')");
    second = std::thread([&] {
      try {
        other.exec("INSERT INTO resume_documents (user_id) VALUES ('ada')");
      } catch (const Error& error) {
        said = error.what();
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    first.commit();
  }
  second.join();
  EXPECT_NE(said.find("would have 11 active resumes"), std::string::npos) << said;
}

TEST_F(AtsValidation, AnOptimizationBuildsOnOneOfTheSameUserAndResumeNeverOnItself) {
  sql(R"(
    INSERT INTO resume_documents (id, user_id)
    VALUES ('00000000-0000-0000-0000-000000000001', 'ada'), ('00000000-0000-0000-0000-000000000002', 'ada');
    INSERT INTO optimization_results (id, user_id, resume_id, status)
    VALUES ('00000000-0000-0000-0000-00000000000a', 'ada', '00000000-0000-0000-0000-000000000001', 'x'),
           ('00000000-0000-0000-0000-00000000000b', 'ada', '00000000-0000-0000-0000-000000000001', 'x'),
           ('00000000-0000-0000-0000-00000000000c', 'ada', '00000000-0000-0000-0000-000000000001', 'x'),
           ('00000000-0000-0000-0000-00000000000d', 'ada', '00000000-0000-0000-0000-000000000002', 'x'),
           ('00000000-0000-0000-0000-00000000000e', 'bob', '00000000-0000-0000-0000-000000000001', 'x');)");
  const auto parent = [](const std::string& child, const std::string& of) {
    return "UPDATE optimization_results SET parent_optimization_id = "
           "'00000000-0000-0000-0000-00000000000" +
           of + "' WHERE id = '00000000-0000-0000-0000-00000000000" + child + "';";
  };
  EXPECT_TRUE(accepts(parent("b", "a") + parent("c", "b")));
  EXPECT_TRUE(refuses(parent("d", "a"), "23514", "is of another user or resume"));
  EXPECT_TRUE(refuses(parent("e", "a"), "23514", "is of another user or resume"));
  EXPECT_TRUE(refuses(parent("a", "a"), "23514", "optimization_parent_check"));
  // The original saw only the first step.
  EXPECT_TRUE(refuses(parent("b", "a") + parent("c", "b") + parent("a", "c"), "23514",
                      "its parent 00000000-0000-0000-0000-00000000000c builds on it"));
  EXPECT_TRUE(refuses(parent("a", "9"), "23503", "parent_optimization_id_fkey"));
}

TEST_F(AtsValidation, TheTimesOfATaskAreInOrder) {
  const auto task = [](const std::string& started, const std::string& completed) {
    return "INSERT INTO tasks (user_id, task_type, payload, created_at, started_at, completed_at) "
           "VALUES ('ada', 'x', '{}', '2025-01-02', " +
           started + ", " + completed + ")";
  };
  EXPECT_TRUE(accepts(task("NULL", "NULL")));
  EXPECT_TRUE(accepts(task("'2025-01-02'", "'2025-01-03'")));
  EXPECT_TRUE(refuses(task("'2025-01-01'", "NULL"), "23514", "tasks_dates_logical"));
  EXPECT_TRUE(refuses(task("'2025-01-03'", "'2025-01-02'"), "23514", "tasks_dates_logical"));
}

TEST_F(AtsValidation, DatesStatusesAndVersionsAreChecked) {
  const auto one = [](const std::string& table, const std::string& columns,
                      const std::string& values) {
    return "INSERT INTO " + table + " (user_id, " + columns + ") VALUES ('ada', " + values + ")";
  };
  EXPECT_TRUE(
      refuses(one("resume_documents", "created_at, updated_at", "'2025-01-02', '2025-01-01'"),
              "23514", "resume_dates_check"));
  EXPECT_TRUE(
      refuses(one("resume_documents", "status", "'archived'"), "23514", "resume_status_check"));
  EXPECT_TRUE(refuses(one("resume_documents", "source", "'fax'"), "23514", "resume_source_check"));
  EXPECT_TRUE(
      refuses(one("resume_documents", "file_size", "-1"), "23514", "resume_file_size_check"));
  EXPECT_TRUE(refuses(one("resume_documents", "version", "0"), "23514", "resume_version_check"));
  EXPECT_TRUE(
      refuses(one("job_documents", "expires_at", "'2000-01-01'"), "23514", "job_expiry_check"));
  EXPECT_TRUE(refuses(one("job_documents", "status", "'open'"), "23514", "job_status_check"));
  EXPECT_TRUE(
      refuses(one("job_documents", "source_type", "'fax'"), "23514", "job_source_type_check"));
  EXPECT_TRUE(refuses(one("job_documents", "created_at, updated_at", "'2025-01-02', '2025-01-01'"),
                      "23514", "job_dates_check"));
  EXPECT_TRUE(refuses(one("optimization_results", "optimization_type", "'x'"), "23514",
                      "optimization_type_check"));
  EXPECT_TRUE(
      refuses(one("optimization_results", "version", "0"), "23514", "optimization_version_check"));
  EXPECT_TRUE(
      refuses(one("optimization_results", "created_at, updated_at", "'2025-01-02', '2025-01-01'"),
              "23514", "optimization_dates_check"));
  EXPECT_TRUE(refuses(one("research_results", "research_type", "'gossip'"), "23514",
                      "research_type_check"));
  EXPECT_TRUE(refuses(one("research_results", "expires_at", "'2000-01-01'"), "23514",
                      "research_expiry_check"));
  EXPECT_TRUE(
      refuses(one("research_results", "created_at, updated_at", "'2025-01-02', '2025-01-01'"),
              "23514", "research_dates_check"));
  EXPECT_TRUE(
      refuses("INSERT INTO document_audit_log (document_type, action) VALUES ('x', 'insert')",
              "23514", "document_audit_log_document_type_check"));
  EXPECT_TRUE(refuses("INSERT INTO document_audit_log (document_type, action) VALUES ('job', 'x')",
                      "23514", "document_audit_log_action_check"));
  EXPECT_TRUE(refuses(
      "INSERT INTO tasks (user_id, task_type, payload, priority) VALUES ('a', 'b', '{}', 4)",
      "23514", "tasks_priority_check"));
  EXPECT_TRUE(refuses(
      "INSERT INTO tasks (user_id, task_type, payload, progress) VALUES ('a', 'b', '{}', 101)",
      "23514", "tasks_progress_check"));
  EXPECT_TRUE(refuses(
      "INSERT INTO tasks (user_id, task_type, payload, retry_count) VALUES ('a', 'b', '{}', 4)",
      "23514", "tasks_retry_count_check"));
  EXPECT_TRUE(refuses(
      "INSERT INTO tasks (user_id, task_type, payload, status) VALUES ('a', 'b', '{}', 'x')",
      "23514", "tasks_status_check"));
  EXPECT_TRUE(refuses(
      "INSERT INTO task_metrics (task_type, duration_ms, status) VALUES ('a', 1, 'running')",
      "23514", "task_metrics_status_check"));
}

TEST_F(AtsValidation, DomainsForTheApplication) {
  const auto cast = [](const std::string& text, const std::string& domain) {
    return "SELECT '" + text + "'::" + domain;
  };
  EXPECT_TRUE(accepts(cast("ada.l+x@mail.example.com", "email_address")));
  for (const char* bad :
       {"ada", "ada@", "@example.com", "a@b", "a b@example.com", "a@example..com", "a@example.c"})
    EXPECT_TRUE(refuses(cast(bad, "email_address"), "23514", "email_address_check")) << bad;
  EXPECT_TRUE(accepts(cast("https://example.com:8443/a?b=1#c", "url_address")));
  EXPECT_TRUE(accepts(cast("HTTP://Example.com", "url_address")));
  for (const char* bad : {"example.com", "ftp://example.com", "http://localhost", "http://a b.com",
                          "http://example.com/a b"})
    EXPECT_TRUE(refuses(cast(bad, "url_address"), "23514", "url_address_check")) << bad;
  EXPECT_EQ(value(cast("99.994", "percentage")), "99.99");
  EXPECT_TRUE(accepts("SELECT NULL::percentage"));
  EXPECT_TRUE(refuses(cast("100.01", "percentage"), "23514", "percentage_check"));
  EXPECT_TRUE(refuses(cast("-1", "percentage"), "23514", "percentage_check"));
}

TEST_F(AtsValidation, DefaultMetadataSaysWhoInsertedAndWhen) {
  sql("SELECT set_config('app.current_user', 'worker 1', false); INSERT INTO job_documents "
      "(user_id) VALUES ('ada');");
  EXPECT_EQ(value("SELECT metadata ->> 'created_by' FROM job_documents"), "worker 1");
  EXPECT_EQ(value("SELECT (metadata ->> 'timestamp')::timestamptz = created_at FROM job_documents"),
            "t");
  sql(std::string(loading) + "INSERT INTO research_results (user_id) VALUES ('ada');");
  EXPECT_EQ(value("SELECT metadata FROM research_results"), "{}") << "not while loading";
}

// ArangoDB had none of these rules: what is there must arrive. check_document_rules() tells later.
TEST_F(AtsValidation, TriggersStandBackWhileLoadingAndTheCheckSaysWhatTheyWouldHaveSaid) {
  sql(std::string(loading) + resume(R"({"name": "A"})") + resume(R"({"name": "A", "phone": "1"})") +
      job("{}") + optimization("{}") +
      "INSERT INTO resume_documents (user_id) SELECT 'bob' FROM generate_series(1, 11);"
      R"(INSERT INTO optimization_results (user_id, optimized_content, parent_optimization_id)
         SELECT 'bob', '{"content": "x"}', id FROM optimization_results;)");
  EXPECT_EQ(
      rows(
          "SELECT rule, document_type, user_id, problem FROM check_document_rules() ORDER BY rule"),
      "limit_active_resumes_trigger|resume|bob|11 active resumes, the limit is 10, "
      "validate_job_data|job|ada|parsed_data has no description, "
      "validate_optimization_data|optimization|ada|optimized_content has no content, "
      "validate_optimization_parent_trigger|optimization|bob|its parent " +
          value("SELECT id FROM optimization_results WHERE user_id = 'ada'") +
          " is of another user or resume, "
          "validate_resume_data|resume|ada|parsed_data has neither contact_info, contact, email "
          "nor phone");
  EXPECT_EQ(value("SELECT count(*) FROM document_audit_log"), "0");
  // And they are back after the transaction.
  EXPECT_TRUE(refuses("UPDATE resume_documents SET parsed_data = '[]'", "23514", "is no object"));
}

// A row trigger BEFORE INSERT, even a silent one, makes COPY insert row by row.
TEST_F(AtsValidation, NoTriggerBeforeInsertSlowsDownCopy) {
  EXPECT_EQ(rows("SELECT tgrelid::regclass, tgname FROM pg_trigger "
                 "WHERE NOT tgisinternal AND tgtype & 2 > 0 AND tgtype & 4 > 0"),
            "");
}

}  // namespace
}  // namespace arango2pg::pg
