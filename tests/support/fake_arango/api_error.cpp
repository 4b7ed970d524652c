#include "fake_arango/api_error.h"

#include "fake_arango/json.h"

namespace fake_arango {

const char* error_text(int num) {
  switch (num) {
    case 4:
      return "internal error";
    case 9:
      return "not implemented";
    case 10:
      return "bad parameter";
    case 11:
      return "forbidden";
    case 17:
      return "type error";
    case 18:
      return "lock timeout";
    case 21:
      return "canceled request";
    case 30:
      return "shutdown in progress";
    case 32:
      return "resource limit exceeded";
    case 38:
      return "startup in progress";
    case 400:
      return "bad parameter";
    case 401:
      return "unauthorized";
    case 404:
      return "not found";
    case 405:
      return "method not supported";
    case 501:
      return "not implemented";
    case 503:
      return "service unavailable due to startup or maintenance mode";
    case 504:
      return "gateway timeout";
    case 600:
      return "invalid JSON object";
    case 1200:
      return "conflict";
    case 1202:
      return "document not found";
    case 1203:
      return "collection or view not found";
    case 1205:
      return "illegal document identifier";
    case 1207:
      return "duplicate name";
    case 1208:
      return "illegal name";
    case 1210:
      return "unique constraint violated";
    case 1212:
      return "index not found";
    case 1221:
      return "illegal document key";
    case 1226:
      return "missing document key";
    case 1227:
      return "invalid document type";
    case 1228:
      return "database not found";
    case 1229:
      return "database name invalid";
    case 1230:
      return "operation only allowed in system database";
    case 1233:
      return "edge attribute missing or invalid";
    case 1302:
      return "try again";
    case 1303:
      return "engine is busy";
    case 1449:
      return "unknown server";
    case 1457:
      return "timeout in cluster operation";
    case 1465:
      return "lost connection to another server in cluster";
    case 1470:
      return "unsupported operation or parameter for clusters";
    case 1471:
      return "this operation is only valid on a coordinator in a cluster";
    case 1478:
      return "a cluster backend which was required for the operation could not be reached";
    case 1491:
      return "the leader of the shard has resigned";
    case 1495:
      return "leadership challenge is ongoing";
    case 1496:
      return "not a leader";
    case 1500:
      return "query killed";
    case 1501:
      return "syntax error";
    case 1502:
      return "query is empty";
    case 1504:
      return "number out of range";
    case 1577:
      return "could not use forced index hint";
    case 1600:
      return "cursor not found";
    case 1601:
      return "cursor is busy";
    case 1924:
      return "graph not found";
    case 21003:
      return "queue is full";
    case 21004:
      return "queue time violated";
    default:
      return "error";
  }
}

std::string error_body(const ApiError& e) {
  const Value code = e.status;
  const Value num = e.num;
  if (e.early)
    return to_json(
        Object{{"error", true}, {"errorNum", num}, {"errorMessage", e.message}, {"code", code}});
  return to_json(
      Object{{"code", code}, {"error", true}, {"errorMessage", e.message}, {"errorNum", num}});
}

}  // namespace fake_arango
