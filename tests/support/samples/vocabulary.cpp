#include "samples/vocabulary.h"

namespace arango2pg::samples {
namespace {

constexpr Person people_[] = {
    {"Ada Whitfield", "Leeds", "ada.whitfield"},
    {"Žofie Nováková", "Brno", "zofie.novakova"},
    {"Jürgen Großmann", "Köln", "juergen.grossmann"},
    {"Łucja Wiśniewska", "Gdańsk", "lucja.wisniewska"},
    {"Мария Соколова", "Новосибирск", "maria.sokolova"},
    {"Олександр Ткаченко", "Львів", "oleksandr.tkachenko"},
    {"Ελένη Παπαδοπούλου", "Θεσσαλονίκη", "eleni.papadopoulou"},
    {"王小明", "长春", "wang.xiaoming"},
    {"陳美玲", "臺北", "chen.meiling"},
    {"佐藤 健太", "大阪市", "sato.kenta"},
    {"김서연", "부산광역시", "kim.seoyeon"},
    {"محمد الحسيني", "القاهرة", "mohamed.alhusseini"},
    {"נועה לוי", "חיפה", "noa.levi"},
    {"प्रिया शर्मा", "पुणे", "priya.sharma"},
    {"Nguyễn Thị Hồng", "Đà Nẵng", "nguyen.thi.hong"},
    {"สมชาย ใจดี", "เชียงใหม่", "somchai.jaidee"},
    {"Siobhán O'Brien", "Corcaigh", "siobhan.obrien"},
    {"José María Ibáñez Núñez", "A Coruña", "jose.ibanez"},
    {"Ìfẹ́olúwa Adébáyọ̀", "Ìbàdàn", "ifeoluwa.adebayo"},
    {"Björn Åkesson", "Malmö", "bjorn.akesson"},
    {"Tomás 'Tom' Álvarez, Jr.", "Sevilla", "tom.alvarez"},
    {"Grace Mensah", "Kumasi", "grace.mensah"},
    {"Liam Carter", "Portland, OR", "liam.carter"},
    {"𠮷野 彩 🌸", "東京", "yoshino.aya"},
};

constexpr std::string_view companies_[] = {
    "Harbour & Pine Logistics", "Example Labs",       "Blaumeer GmbH",     "Ходоки и сыновья",
    "青空ソフトウェア株式会社", "Kestrel Analytics",  "Nordlys AS",        "Fábrica de Ideias Lda.",
    "吉林北风科技有限公司",     "\"Quoted\" Systems", "Tide\\Works",       "Marmot Health",
    "Cedar Street Bank",        "Ostrava Steel a.s.", "Lumen & Daughters", "한빛데이터",
};

constexpr std::string_view positions_[] = {
    "Data Engineer",
    "Senior Backend Engineer",
    "Database Administrator",
    "Product Manager",
    "QA Engineer",
    "Site Reliability Engineer",
    "Technical Writer",
    "Machine Learning Engineer",
    "UX Researcher",
    "Engineering Manager",
    "Support Engineer",
    "Vývojářka front-endu",
};

constexpr std::string_view skills_[] = {
    "PostgreSQL",  "SQL",
    "sql",         "C++",
    "C#",          "Python",
    "Go",          "Rust",
    "Java",        "TypeScript",
    "Docker",      "Kubernetes",
    "Linux",       "Terraform",
    "ArangoDB",    "Git",
    "Kafka",       "Tableau",
    "Statistics",  "React",
    "Übersetzung", "数据分析",
    "Spark",       "Excel",
    "CI/CD",       "Public speaking",
};

constexpr std::string_view schools_[] = {
    "Masarykova univerzita",
    "University of Leeds",
    "TU München",
    "东北师范大学",
    "Universidade do Porto",
    "Новосибирский государственный университет",
    "IIT Bombay",
    "Open University",
    "서울대학교",
};

constexpr std::string_view degrees_[] = {
    "BSc", "MSc", "PhD", "Diplom-Informatiker", "Bc.", "B.Tech.", "Associate degree",
};

constexpr std::string_view certificates_[] = {
    "PostgreSQL Associate", "Kubernetes Administrator", "Scrum Master",
    "ITIL Foundation",      "Cloud Practitioner",       "Deutsch C1",
};

constexpr std::string_view achievements_[] = {
    "Cut the nightly load from six hours to 40 minutes (−89 %).",
    "Led a team of 7 across 3 time zones.",
    "Moved 14 services off a licence that had become too dear.",
    "Wrote the runbooks that halved the time to recover.",
    "Designed schemas for 2,300 tables; no downtime during cut-over.",
    "Introduced code review: \"two pairs of eyes\" became the rule.",
    "Reduced storage costs by €120k a year.",
    "Sped up search from 900 ms to 35 ms at the 99th percentile.",
    "Trained 40 colleagues in SQL; slides are still used.",
    "Automated releases\tfrom tag to production.",
    "Kept C:\\legacy alive until it could be retired.",
    "Разработала конвейер данных для 12 филиалов.",
    "负责数据库迁移，零数据丢失。",
    "検索基盤を再設計し、応答時間を半分にした。",
};

constexpr std::string_view summaries_[] = {
    "Engineer who likes small programs and large tables.",
    "Nine years of “pipelines” & SQL, mostly in logistics.",
    "I turn vague wishes into schemas, and schemas into reports people read.",
    "Backend developer with a soft spot for query plans.\nOpen to remote work.",
    "Quality first, then speed; usually both.",
    "Десять лет в анализе данных; люблю ясные отчёты.",
    "注重细节，热爱开源。",
};

constexpr std::string_view locations_[] = {
    "Brno", "Remote (EU)", "London, United Kingdom", "São Paulo",
    "長春", "Berlin",      "On-site 3 days a week",  "New York, NY",
};

constexpr std::string_view salaries_[] = {
    "€80k–€95k", "$120,000 - $150,000", "competitive", "月薪 15-20K", "£55,000 plus bonus",
};

}  // namespace

std::span<const Person> people() { return people_; }
std::span<const std::string_view> companies() { return companies_; }
std::span<const std::string_view> positions() { return positions_; }
std::span<const std::string_view> skills() { return skills_; }
std::span<const std::string_view> schools() { return schools_; }
std::span<const std::string_view> degrees() { return degrees_; }
std::span<const std::string_view> certificates() { return certificates_; }
std::span<const std::string_view> achievements() { return achievements_; }
std::span<const std::string_view> summaries() { return summaries_; }
std::span<const std::string_view> locations() { return locations_; }
std::span<const std::string_view> salaries() { return salaries_; }

}  // namespace arango2pg::samples
