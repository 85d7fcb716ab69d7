#include "entrospect/estimators/catalogue.hpp"

#include <algorithm>
#include <set>

#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

TEST(Catalogue, NamesAndAliases) {
  std::set<std::string> names;
  for (const EstimatorInfo* info : catalogue()) {
    EXPECT_TRUE(names.insert(info->card.name).second) << info->card.name;
    EXPECT_EQ(&find_estimator(info->card.name), info);
    for (const std::string& alias : info->card.aliases) {
      EXPECT_TRUE(names.insert(alias).second) << alias;
      EXPECT_EQ(&find_estimator(alias), info);
    }
  }
  for (const char* name : {"von_neumann_entropy", "matrix_entropy", "matrix_renyi_entropy", "effective_rank", "rankme", "vendi_score",
                           "dse", "dsmi", "diffusion_spectral_entropy", "diffusion_spectral_mutual_information"})
    EXPECT_EQ(names.count(name), 1U) << name;
  EXPECT_EQ(&find_estimator("vendi-score"), &find_estimator("vendi_score"));
  EXPECT_TRUE(mentions(thrown([] { find_estimator("vendi_scor"); }), {"'vendi_scor'", "did you mean 'vendi_score'"}));
  EXPECT_TRUE(mentions(thrown([] { find_estimator("qqqqqqqq"); }), {"unknown estimator 'qqqqqqqq'. Known: ", "dsmi"}));
}

TEST(Catalogue, CardsAreComplete) {
  for (const EstimatorInfo* info : catalogue()) {
    const EstimatorCard& c = info->card;
    SCOPED_TRACE(c.name);
    for (const std::string* text : {&c.summary, &c.formula, &c.unit, &c.range, &c.cap, &c.cost}) EXPECT_FALSE(text->empty());
    EXPECT_FALSE(c.references.empty());
    ASSERT_FALSE(c.conventions.empty());
    EXPECT_FALSE(c.conventions.front().compat);
    for (const ConventionInfo& convention : c.conventions) {
      EXPECT_EQ(convention.compat, !convention.faults.empty()) << convention.id;
      for (const auto& [name, value] : convention.preset) {  // a preset only names real options, in their range
        const auto field =
            std::find_if(info->fields.begin(), info->fields.end(), [&name = name](const FieldInfo& f) { return f.name == name; });
        ASSERT_NE(field, info->fields.end()) << convention.id << " sets " << name;
        EXPECT_NO_THROW(checked(*field, value, c.name)) << convention.id << " " << name;
      }
    }
    for (const FieldInfo& field : info->fields) {
      EXPECT_FALSE(field.help.empty()) << field.name;
      EXPECT_NO_THROW(checked(field, field.default_value, c.name)) << field.name;
    }
  }
}

// By name or by function, default options given or not: the same number.
TEST(Catalogue, EveryConventionRunsByNameAndReportsItself) {
  const Data x = random_data(34, 5, 3, 0.3);
  for (const EstimatorInfo* info : catalogue())
    for (const ConventionInfo& convention : info->card.conventions) {
      SCOPED_TRACE(info->card.name + " " + convention.id);
      const Estimate e = run(info->card.name, inputs_for(*info, x), {{convention.compat ? "compat" : "convention", convention.id}});
      EXPECT_TRUE(std::isfinite(e.value)) << e.explain();
      EXPECT_EQ(e.estimator, info->card.name);
      EXPECT_EQ(e.convention, convention.id);
      EXPECT_EQ(e.compat, convention.compat ? convention.id : "");
      EXPECT_EQ(e.compat_faults, convention.faults);
      EXPECT_EQ(e.n, 34U);
      EXPECT_EQ(e.d, info->card.sample_names.empty() ? 0U : 5U);
      EXPECT_EQ(e.cap.has_value(), info->card.cap != "none");
      EXPECT_FALSE(e.formula.empty() || e.substituted.empty() || e.citation.empty() || e.backend_used.empty());
      ASSERT_EQ(e.options.size(), info->fields.size());
      for (std::size_t i = 0; i < e.options.size(); ++i) EXPECT_EQ(e.options[i].first, info->fields[i].name);
      for (const auto& [name, value] : convention.preset) EXPECT_EQ(option(e, name), to_text(value)) << name;
      // The reported options are the whole truth: run again with all of them given.
      const Estimate again = run(info->card.name, inputs_for(*info, x), e.options);
      EXPECT_EQ(again.value, e.value);
    }
}

TEST(Catalogue, UnknownOptionsSuggestTheNearest) {
  const Data x = random_data(5, 3, 1);
  EXPECT_TRUE(mentions(thrown([&] { run("vendi_score", {{x}, {}, {}}, {{"ordr", 2.0}}); }), {"'ordr'", "did you mean 'order'"}));
  EXPECT_TRUE(mentions(thrown([&] { run("vendi_score", {{x}, {}, {}}, {{"order", word("two")}}); }), {"order", "'two'"}));
  EXPECT_TRUE(mentions(thrown([&] { run("rankme", {{x}, {}, {1, 1, 1, 1, 1}}); }), {"rankme", "weights"}));
  EXPECT_TRUE(mentions(thrown([&] { run("rankme", {{x}, Labels(std::vector<std::int64_t>(5, 1)), {}}); }), {"rankme", "labels"}));
  EXPECT_EQ(run("vendi_score", {{x}, {}, {}}, {{"order", word("inf")}}).value, vendi_score(x, {.order = kInf}).value);
}

TEST(Catalogue, FootprintsSeparateStreamingFromPairs) {
  EXPECT_TRUE(von_neumann_entropy_info().footprint({}, 100000, 64).streams);
  EXPECT_TRUE(effective_rank_info().footprint({}, 100000, 64).streams);
  EXPECT_TRUE(vendi_score_info().footprint({}, 100000, 64).streams);
  EXPECT_FALSE(vendi_score_info().footprint({{"kernel", word("gaussian")}}, 100000, 64).streams);
  EXPECT_FALSE(matrix_entropy_info().footprint({}, 100000, 64).streams);
  EXPECT_GE(diffusion_spectral_entropy_info().footprint({}, 1000, 64).bytes, 8e6);
}

}  // namespace
}  // namespace entrospect::testing
