#include "entrospect/bindings/io/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::io {
namespace {

using Json = nlohmann::ordered_json;  // keys stay in the order of writing; doubles are written so that they read back the same

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
Json number(const std::optional<double>& value) { return value ? number(*value) : Json(nullptr); }
Json text(const std::string& value) { return value.empty() ? Json(nullptr) : Json(value); }

bool is_empty_text(const OptionValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr && text->empty();
}

// Infinity is a legal order; as text it reads back through the option parser.
Json option(const OptionValue& value) {
  if (const double* real = std::get_if<double>(&value); real != nullptr && !std::isfinite(*real)) return to_text(value);
  return std::visit([](const auto& v) { return Json(v); }, value);
}
// An empty text is an option without a value (no compat id): null.
Json options(const OptionMap& map) {
  Json out = Json::object();
  for (const auto& [name, value] : map) out[name] = is_empty_text(value) ? Json(nullptr) : option(value);
  return out;
}

Json row(const Estimate& e, const RowOrigin& origin) {
  Json out;
  out["v"] = kRowSchema;
  out["cell"] = text(origin.cell);
  out["file"] = text(origin.file);
  out["tensor"] = text(origin.tensor);
  out["layer"] = origin.layer ? Json(*origin.layer) : Json(nullptr);
  out["estimator"] = e.estimator;
  out["params"] = options(e.options);
  for (const auto& [name, tensor] : origin.partners) out["params"][name] = tensor;
  out["convention"] = text(e.convention);
  out["compat"] = text(e.compat);
  out["value"] = number(e.value);
  out["std_error"] = number(e.std_error);
  out["lo"] = e.interval ? number(e.interval->low) : Json(nullptr);
  out["hi"] = e.interval ? number(e.interval->high) : Json(nullptr);
  out["interval_method"] = text(e.interval_method);
  out["null_mean"] = e.null ? number(e.null->mean) : Json(nullptr);
  out["null_lo"] = e.null ? number(e.null->central.low) : Json(nullptr);
  out["null_hi"] = e.null ? number(e.null->central.high) : Json(nullptr);
  out["p_value"] = e.null ? number(e.null->p_value) : Json(nullptr);
  out["unit"] = name(e.unit);
  out["n"] = e.n;
  out["d"] = e.d;
  out["cap"] = number(e.cap);
  out["backend_requested"] = text(e.backend_requested);
  out["backend_used"] = text(e.backend_used);
  out["residual"] = number(e.residual);
  out["status"] = name(e.status);
  out["reason"] = text(e.reason);
  out["warnings"] = e.warnings;
  out["seconds"] = number(origin.seconds);
  out["seed"] = e.seed ? Json(*e.seed) : Json(nullptr);
  return out;
}

// File names may hold bytes that are not UTF-8: those are replaced, the line stays valid JSON.
std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string_view name(Need need) { return need == Need::none ? "none" : need == Need::optional ? "optional" : "required"; }

std::string_view name(Resampling resampling) {
  switch (resampling) {
    case Resampling::stratified:
      return "stratified";
    case Resampling::rows:
      return "rows";
    case Resampling::groups:
      return "groups";
    case Resampling::similarities:
      return "similarities";
    case Resampling::none:
      break;
  }
  return "none";
}

std::string_view name(FieldKind kind) {
  switch (kind) {
    case FieldKind::boolean:
      return "boolean";
    case FieldKind::integer:
      return "integer";
    case FieldKind::number:
      return "number";
    case FieldKind::choice:
      return "choice";
    case FieldKind::number_or_choice:
      break;
  }
  return "number_or_choice";
}

Json field(const FieldInfo& info) {
  Json out;
  out["name"] = info.name;
  out["kind"] = name(info.kind);
  out["default"] = option(info.default_value);
  const bool numeric = info.kind == FieldKind::integer || info.kind == FieldKind::number || info.kind == FieldKind::number_or_choice;
  // An end that is null is infinite; `high_open` tells whether infinity itself is allowed.
  out["range"] = numeric ? Json{{"low", number(info.range.low)},
                                {"high", number(info.range.high)},
                                {"low_open", info.range.low_open},
                                {"high_open", info.range.high_open},
                                {"text", to_text(info.range)}}
                         : Json(nullptr);
  out["choices"] = info.choices;
  out["help"] = info.help;
  return out;
}

Json convention(const ConventionInfo& info) {
  Json out;
  out["id"] = info.id;
  out["compat"] = info.compat;
  out["formula"] = info.formula;
  out["preset"] = options(info.preset);
  out["faults"] = info.faults;
  return out;
}

Json estimator(const EstimatorInfo& info) {
  const EstimatorCard& card = info.card;
  Json out;
  out["name"] = card.name;
  out["aliases"] = card.aliases;
  out["summary"] = card.summary;
  out["formula"] = card.formula;
  out["unit"] = card.unit;
  out["range"] = card.range;
  out["cap"] = card.cap;
  out["cost"] = card.cost;
  out["references"] = card.references;
  out["samples"] = card.sample_names;
  out["more_samples"] = card.more_samples;
  out["paired"] = card.paired;
  out["resampling"] = name(card.resampling);
  out["labels"] = name(card.labels);
  out["weights"] = name(card.weights);
  out["differentiable"] = card.differentiable;
  out["mergeable"] = card.mergeable;
  out["version"] = card.version;
  out["conventions"] = Json::array();
  for (const ConventionInfo& c : card.conventions) out["conventions"].push_back(convention(c));
  out["fields"] = Json::array();
  for (const FieldInfo& f : info.fields) out["fields"].push_back(field(f));
  return out;
}

}  // namespace

std::string to_json(const Estimate& e) {
  Json out = row(e, {});
  for (const char* key : {"cell", "file", "tensor", "layer", "seconds"}) out.erase(key);  // not the estimate's to know
  out["normalized"] = number(e.normalized());
  out["flags"] = Json::array();
  for (const Status flag : e.flags) out["flags"].push_back(name(flag));
  out["advice"] = advice(e.status);
  out["compat_faults"] = e.compat_faults;
  out["formula"] = e.formula;
  out["substituted"] = e.substituted;
  out["citation"] = e.citation;
  out["diagnostics"] = Json::object();
  for (const auto& [key, value] : e.diagnostics.items()) out["diagnostics"][key] = std::visit([](const auto& v) { return Json(v); }, value);
  return dump(out);
}

std::string row_json(const Estimate& estimate, const RowOrigin& origin) { return dump(row(estimate, origin)); }

std::string catalogue_json() {
  Json out = Json::array();
  for (const EstimatorInfo* info : catalogue()) out.push_back(estimator(*info));
  return dump(out);
}

}  // namespace entrospect::io
