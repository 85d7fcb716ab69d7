#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "entrospect/bindings/io/json.hpp"
#include "entrospect/estimators/catalogue.hpp"

namespace entrospect::io {
namespace {

using Json = nlohmann::ordered_json;

Estimate example() {
  Estimate e;
  e.value = 0.1 + 0.2;
  e.unit = Unit::bits;
  e.std_error = 1.0 / 3.0;
  e.interval = Interval{-0.0, 1e-300};
  e.interval_method = "jackknife";
  e.cap = 768;
  e.estimator = "rankme";
  e.convention = "paper";
  e.options = {
      {"order", std::numeric_limits<double>::infinity()}, {"center", true}, {"k", std::int64_t{3}}, {"kernel", std::string("linear")}};
  e.n = 4096;
  e.d = 768;
  e.seed = 18446744073709551615ULL;
  e.backend_requested = "auto";
  e.backend_used = "dense-gram";
  e.residual = 1e-14;
  e.warnings = {"a \"quoted\" warning\n"};
  e.diagnostics.set("copied", std::string("strides"));
  e.diagnostics.set("bandwidth", 0.25);
  e.diagnostics.set("zero_rows_dropped", std::int64_t{2});
  e.diagnostics.set("gram", false);
  e.formula = "exp(H)";
  return e;
}

std::vector<std::string> keys(const Json& json) {
  std::vector<std::string> out;
  for (const auto& item : json.items()) out.push_back(item.key());
  return out;
}

TEST(RowJson, KeysInTheOrderOfTheSchema) {
  const Json row = Json::parse(row_json(example(), {"xxh3:00ff", "l12.safetensors", "resid_post", 12, 0.31}));
  EXPECT_EQ(keys(row), (std::vector<std::string>{"v",
                                                 "cell",
                                                 "file",
                                                 "tensor",
                                                 "layer",
                                                 "estimator",
                                                 "params",
                                                 "convention",
                                                 "compat",
                                                 "value",
                                                 "std_error",
                                                 "lo",
                                                 "hi",
                                                 "interval_method",
                                                 "null_mean",
                                                 "null_lo",
                                                 "null_hi",
                                                 "p_value",
                                                 "unit",
                                                 "n",
                                                 "d",
                                                 "cap",
                                                 "backend_requested",
                                                 "backend_used",
                                                 "residual",
                                                 "status",
                                                 "reason",
                                                 "warnings",
                                                 "seconds",
                                                 "seed"}));
  EXPECT_EQ(row["v"], 1);
  EXPECT_EQ(row["cell"], "xxh3:00ff");
  EXPECT_EQ(row["layer"], 12);
  EXPECT_EQ(row["params"].dump(), R"({"order":"inf","center":true,"k":3,"kernel":"linear"})");
  EXPECT_EQ(row["unit"], "bits");
  EXPECT_EQ(row["status"], "ok");
  EXPECT_TRUE(row["compat"].is_null());
  EXPECT_TRUE(row["reason"].is_null());
  EXPECT_EQ(row["seed"].get<std::uint64_t>(), 18446744073709551615ULL);
  EXPECT_EQ(row["warnings"][0], "a \"quoted\" warning\n");
}

TEST(RowJson, IsOneLineAndDoublesReadBackTheSame) {
  const std::string text = row_json(example(), {});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const Json row = Json::parse(text);
  EXPECT_EQ(row["value"].get<double>(), 0.1 + 0.2);
  EXPECT_EQ(row["std_error"].get<double>(), 1.0 / 3.0);
  EXPECT_TRUE(std::signbit(row["lo"].get<double>()));
  EXPECT_EQ(row["hi"].get<double>(), 1e-300);
  EXPECT_EQ(row["residual"].get<double>(), 1e-14);
  for (const double value : {5e-324, std::numeric_limits<double>::max(), 4.35, 1e23, 0.1, 123456789012345680.0}) {
    Estimate e = example();
    e.value = value;
    EXPECT_EQ(Json::parse(row_json(e, {}))["value"].get<double>(), value);
  }
}

TEST(RowJson, NonFiniteAndAbsentAreNull) {
  Estimate e = example();
  e.value = std::nan("");
  e.std_error = std::numeric_limits<double>::infinity();
  e.interval.reset();
  e.interval_method.clear();
  e.cap.reset();
  e.seed.reset();
  e.residual.reset();
  e.flag(Status::degenerate, "all rows are equal");
  const Json row = Json::parse(row_json(e, {}));
  for (const char* key :
       {"cell", "file", "tensor", "layer", "value", "std_error", "lo", "hi", "interval_method", "cap", "residual", "seed"})
    EXPECT_TRUE(row[key].is_null()) << key;
  EXPECT_EQ(row["status"], "degenerate");
  EXPECT_EQ(row["reason"], "all rows are equal");
}

TEST(RowJson, NamesThatAreNotUtf8StayValidJson) {
  const Json row = Json::parse(row_json(example(), {"", "a\xFF.npy", "t", std::nullopt, 0}));
  EXPECT_EQ(row["file"], "a\xEF\xBF\xBD.npy");
}

TEST(EstimateJson, HoldsEverything) {
  Estimate e = example();
  e.flag(Status::degenerate, "why");
  const Json json = Json::parse(to_json(e));
  EXPECT_FALSE(json.contains("cell"));
  EXPECT_EQ(json["estimator"], "rankme");
  EXPECT_EQ(json["normalized"].get<double>(), (0.1 + 0.2) / 768);
  EXPECT_EQ(json["flags"], Json::array({"degenerate"}));
  EXPECT_NE(json["advice"].get<std::string>(), "");
  EXPECT_EQ(json["formula"], "exp(H)");
  EXPECT_EQ(json["diagnostics"].dump(), R"({"copied":"strides","bandwidth":0.25,"zero_rows_dropped":2,"gram":false})");
}

TEST(CatalogueJson, HoldsEveryEstimatorFieldAndConvention) {
  const Json all = Json::parse(catalogue_json());
  ASSERT_EQ(all.size(), catalogue().size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const EstimatorInfo& info = *catalogue()[i];
    EXPECT_EQ(all[i]["name"], info.card.name);
    ASSERT_EQ(all[i]["fields"].size(), info.fields.size());
    ASSERT_EQ(all[i]["conventions"].size(), info.card.conventions.size());
    for (std::size_t k = 0; k < info.fields.size(); ++k) {
      const Json& field = all[i]["fields"][k];
      EXPECT_EQ(field["name"], info.fields[k].name);
      EXPECT_FALSE(field["default"].is_null());  // an infinite default is the text "inf"
      EXPECT_EQ(field["choices"].size(), info.fields[k].choices.size());
      if (!field["range"].is_null()) {
        EXPECT_EQ(field["range"]["text"], to_text(info.fields[k].range));
      }
    }
  }
}

}  // namespace
}  // namespace entrospect::io
