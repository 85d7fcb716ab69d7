// Options and data at the edge of what is possible: every answer is right, has a status with advice, or is refused naming value and range.
#include "estimators/support.hpp"

namespace entrospect::testing {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Data times(Data x, double factor) {
  for (double& v : x.values) v *= factor;
  return x;
}

OptionMap with(OptionMap options, const char* name, OptionValue value) {
  options.emplace_back(name, std::move(value));
  return options;
}

// Rows far from 1 in size: their squares are no float64 any more. Directions have no such limit.
TEST(Hostile, SamplesWhoseSquaresLeaveFloat64AreRefused) {
  const Data x = random_data(12, 4, 3);
  const std::vector<std::pair<const char*, OptionMap>> products{
      {"matrix_entropy", {}},
      {"matrix_entropy", {{"kernel", word("linear")}, {"order", 2.0}}},
      {"matrix_entropy", {{"bandwidth", 1.0}}},
      {"von_neumann_entropy", {{"normalize", word("none")}}},
      {"von_neumann_entropy", {{"compat", word("koopman")}}},
      {"effective_rank", {}},
      {"effective_rank", {{"normalize", word("standardize")}}},
      {"effective_rank", {{"compat", word("ssrlib")}}},
      {"rankme", {}},
      {"vendi_score", {{"kernel", word("gaussian")}}},
      {"diffusion_spectral_entropy", {}},
      {"diffusion_spectral_entropy", {{"graph", word("knn")}, {"k", std::int64_t{3}}}}};
  for (const double factor : {5e-324, 1e-310, 1e-300, 1e-160, 1e155, 1e300})
    for (const auto& [name, options] : products) {
      const Data y = times(x, factor);
      EXPECT_TRUE(mentions(thrown([&, n = name, &o = options] {
                             run(n, {{y}, {}, {}}, o);
                           }),
                           {name, "largest absolute value", "[1e-120, 1e+140]", "multiply"}))
          << factor;
    }
  for (const double factor : {1e-300, 1e-160, 1e155, 1e300}) {
    const Data y = times(x, factor);
    EXPECT_TRUE(near(von_neumann_entropy(y), von_neumann_entropy(x).value, roundoff(12))) << factor;
    EXPECT_TRUE(near(vendi_score(y), vendi_score(x).value, roundoff(12))) << factor;
    EXPECT_TRUE(near(matrix_entropy(y, {.kernel = {KernelKind::cosine}}), von_neumann_entropy(x).value, roundoff(12))) << factor;
    EXPECT_TRUE(near(effective_rank(y, {.compat = "diff-erank"}), effective_rank(x, {.compat = "diff-erank"}).value, roundoff(12)));
  }
  // Within the range everything is free of scale, the orders that need no eigenvalues too.
  for (const double factor : {1e-110, 1e-80, 1e80, 1e130}) {
    const Data y = times(x, factor);
    for (const double q : {1.0, 2.0, 2.5}) {
      EXPECT_TRUE(near(effective_rank(y, {.order = q}), effective_rank(x, {.order = q}).value, roundoff(12))) << factor << " order " << q;
      const MatrixEntropyOptions linear{.order = q, .kernel = {KernelKind::linear}};
      EXPECT_TRUE(near(matrix_entropy(y, linear), matrix_entropy(x, linear).value, roundoff(12))) << factor << " order " << q;
    }
    EXPECT_TRUE(near(matrix_entropy(y), matrix_entropy(x).value, roundoff(12))) << factor;
    EXPECT_TRUE(near(diffusion_spectral_entropy(y, {.graph = Graph::knn, .k = 3}),
                     diffusion_spectral_entropy(x, {.graph = Graph::knn, .k = 3}).value, roundoff(12)))
        << factor;
  }
}

TEST(Hostile, RowsOfEverySizeAtOnce) {
  const Data x = random_data(12, 4, 5);
  Data y = x;
  for (std::size_t i = 0; i < y.n; ++i)
    for (std::size_t j = 0; j < y.d; ++j) y(i, j) *= i % 3 == 0 ? 1e-290 : i % 3 == 1 ? 1e290 : 1;
  EXPECT_TRUE(near(von_neumann_entropy(y), von_neumann_entropy(x).value, roundoff(12)));
  EXPECT_TRUE(near(vendi_score(y, {.order = 2}), vendi_score(x, {.order = 2}).value, roundoff(12)));
  // A kernel matrix of any size: only its shape counts.
  const MatrixEntropyOptions given{.order = 2, .kernel = {KernelKind::precomputed}};
  const Data k({{2, 1}, {1, 2}});
  for (const double factor : {1e-250, 1e-170, 1e150, 1e300})
    for (const double q : {1.0, 2.0}) {
      MatrixEntropyOptions o = given;
      o.order = q;
      EXPECT_TRUE(near(matrix_entropy(times(k, factor), o), matrix_entropy(k, o).value, 1e-14)) << factor << " order " << q;
    }
  const Estimate overflow = matrix_entropy(times(k, 8e307), given);
  EXPECT_EQ(overflow.status, Status::nonfinite);
  EXPECT_TRUE(std::isnan(overflow.value));
}

TEST(Hostile, Orders) {
  const Data x = random_data(15, 3, 2);
  for (const EstimatorInfo* info : catalogue()) {
    const bool ordered = std::any_of(info->fields.begin(), info->fields.end(), [](const FieldInfo& f) { return f.name == "order"; });
    if (!ordered || info->card.name == "difference_of_powers") continue;  // powers, not entropies: none at order 1
    const Inputs in = inputs_for(*info, x, 3);
    SCOPED_TRACE(info->card.name);
    for (const double bad : {-1.0, -1e-300, kNaN, -kInf})
      EXPECT_TRUE(mentions(thrown([&] { info->run(in, {{"order", bad}}, {}); }), {info->card.name, "order = ", "[0, inf]"}));
    const auto at = [&](double q) { return info->run(in, {{"order", q}}, {}).value; };
    const double one = at(1);
    for (const double step : {1e-12, -1e-12, kEps, -kEps / 2}) EXPECT_TRUE(near(at(1 + step), one, 1e-11)) << step;
    EXPECT_TRUE(near(at(1e308), at(kInf), 1e-14));
    EXPECT_TRUE(near(at(1e-300), at(0), 1e-13));
    EXPECT_TRUE(info->run(in, {{"order", word("inf")}}, {}).ok());
    // Compat ids either define an order or refuse it by name.
    for (const ConventionInfo& tool : info->card.conventions) {
      if (!tool.compat) continue;
      for (const double q : {0.0, 0.5, 2.0, 1e308, kInf}) {
        try {
          const Estimate e = info->run(in, {{"compat", tool.id}, {"order", q}}, {});
          EXPECT_TRUE(std::isfinite(e.value) || !e.ok()) << tool.id << " order " << q;
        } catch (const InvalidArgument& error) {
          EXPECT_TRUE(mentions(error.what(), {info->card.name, "order"})) << tool.id;
        }
      }
    }
  }
}

TEST(Hostile, TimesAndAnisotropies) {
  const Data x = random_data(15, 3, 2);
  const auto dse = [&](OptionMap o) { return run("dse", {{x}, {}, {}}, o); };
  for (const double bad : {0.0, -1.0, kNaN, kInf}) EXPECT_TRUE(mentions(thrown([&] { dse({{"t", bad}}); }), {"t = ", "(0, inf)"}));
  for (const double bad : {-0.1, 1.0000001, kNaN, kInf})
    EXPECT_TRUE(mentions(thrown([&] { dse({{"anisotropy", bad}}); }), {"anisotropy = ", "[0, 1]"}));
  EXPECT_TRUE(near(dse({{"t", 1e308}}), 0, 1e-14));  // one cluster is left, and no power overflows
  EXPECT_TRUE(near(dse({{"t", 1e-300}}), std::log(15.0), 1e-13));
  // t below 1 does not make round-off large: four different points, each five times.
  Data copies(20, 1);
  for (std::size_t i = 0; i < 20; ++i) copies(i, 0) = static_cast<double>(i % 4);
  const Data points = column({0, 1, 2, 3});
  for (const double t : {1e-3, 0.1, 0.5}) {
    const DiffusionEntropyOptions o{.t = t, .kernel = {KernelKind::gaussian, 0.5}};
    EXPECT_TRUE(near(diffusion_spectral_entropy(copies, o), diffusion_spectral_entropy(points, o).value, 1e-11)) << t;
    const auto s = spectrum(copies, Diffusion{{KernelKind::gaussian, 0.5}, 0.5});
    EXPECT_TRUE(near(entropy(*s, {.t = t}), diffusion_spectral_entropy(points, o).value, 1e-11)) << t;
  }
  // Two clusters have two eigenvalues of 1, known to n eps: their powers are noise once t n eps is not small, and the status says so.
  const Data two = column({0, 1, 2, 1000, 1001, 1002});
  const auto at = [&](double t) { return diffusion_spectral_entropy(two, {.t = t, .kernel = {KernelKind::gaussian, 1.0}}); };
  EXPECT_TRUE(near(at(1e9), kLn2, 1e-5));
  EXPECT_TRUE(at(1e9).ok());
  for (const double t : {1e13, 1e16, 1e300}) {
    EXPECT_EQ(at(t).status, Status::out_of_valid_range) << t;
    EXPECT_TRUE(mentions(at(t).reason, {"t = ", "round-off", "use t below"}));
    const Estimate e = diffusion_spectral_mutual_information(two, Labels(std::vector<std::int64_t>{0, 1, 0, 1, 0, 1}),
                                                             {.t = t, .kernel = {KernelKind::gaussian, 1.0}});
    EXPECT_TRUE(has_flag(e, Status::out_of_valid_range)) << t;
  }
}

TEST(Hostile, Bandwidths) {
  const Data x = random_data(15, 3, 2);
  for (const char* name : {"matrix_entropy", "dse"}) {
    for (const double bad : {0.0, -1.0, kNaN, kInf, -kInf})
      EXPECT_TRUE(mentions(thrown([&] { run(name, {{x}, {}, {}}, {{"bandwidth", bad}}); }), {"bandwidth = ", "(0, inf)", "'median'"}));
    for (const double tiny : {5e-324, 1e-310, 1e-160})  // nothing is near anything
      EXPECT_TRUE(near(run(name, {{x}, {}, {}}, {{"bandwidth", tiny}}), std::log(15.0), 1e-14)) << tiny;
    for (const double huge : {1e9, 1e160, 1e308})  // everything is
      EXPECT_TRUE(near(run(name, {{x}, {}, {}}, {{"bandwidth", huge}}), 0, 1e-12)) << huge;
  }
  EXPECT_TRUE(mentions(thrown([&] {
                         matrix_entropy(x, {.kernel = {KernelKind::exponential, 1e-160}});
                       }),
                       {"exponential", "inf", "bandwidth"}));
}

TEST(Hostile, GraphsOfNeighbors) {
  const Data x = random_data(9, 2, 4);
  const auto knn = [&](const Data& data, std::size_t k) { return diffusion_spectral_entropy(data, {.graph = Graph::knn, .k = k}); };
  for (const std::size_t k : {std::size_t{9}, std::size_t{10}, std::size_t{1000000}})
    EXPECT_TRUE(mentions(thrown([&] { knn(x, k); }), {"k = " + std::to_string(k), "[1, n - 1]", "n = 9"}));
  EXPECT_TRUE(mentions(thrown([&] { knn(x, 0); }), {"k = 0", "[1, "}));
  EXPECT_TRUE(knn(x, 8).ok());
  // Local scales of 0: rows that coincide are alike, others are not. Three sites of four copies.
  EXPECT_TRUE(near(knn(column({0, 0, 0, 0, 1, 1, 1, 1, 5, 5, 5, 5}), 3), std::log(3.0), 1e-13));
  EXPECT_TRUE(mentions(thrown([&] {
                         diffusion_spectral_entropy(diagonal(std::vector<double>(9, 1.0)),
                                                    {.kernel = {KernelKind::precomputed}, .graph = Graph::knn, .k = 3});
                       }),
                       {"knn", "precomputed", "dense"}));
}

TEST(Hostile, Weights) {
  const Data x = random_data(5, 3, 1);
  const auto weighted = [&](std::vector<double> w) { return weighted_vendi_score(x, w); };
  const double uniform = vendi_score(x).value;
  for (const double w : {5e-324, 1e-300, 1e300, 1.7e308}) EXPECT_TRUE(near(weighted(std::vector<double>(5, w)), uniform, 1e-13)) << w;
  for (const double bad : {-1.0, -5e-324, kNaN, kInf})
    EXPECT_TRUE(mentions(thrown([&] { weighted({1, 1, bad, 1, 1}); }), {"weights[2] = ", "[0, inf)"}));
  EXPECT_TRUE(mentions(thrown([&] { weighted({0, 0, 0, 0, 0}); }), {"all weights are 0"}));
  EXPECT_TRUE(mentions(thrown([&] { weighted({1, 1, 1, 1}); }), {"4 rows", "5"}));
  const Estimate one = weighted({0, 0, 1, 0, 0});
  EXPECT_TRUE(near(one, 1, 1e-14));
  EXPECT_EQ(*one.cap, 1);
}

TEST(Hostile, Labels) {
  const Data x = random_data(20, 2, 6);
  const DiffusionMutualOptions tool{.kernel = {KernelKind::gaussian, 1.0}, .compat = "dse-dsmi"};
  std::vector<double> real(20);
  for (std::size_t i = 0; i < 20; ++i) real[i] = static_cast<double>(i);
  for (const double bad : {kNaN, kInf, -kInf}) {
    std::vector<double> broken = real;
    broken[7] = bad;
    EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_mutual_information(x, Labels(broken), tool); }), {"labels[7] = ", "finite"}));
  }
  std::vector<std::int64_t> own(20);
  for (std::size_t i = 0; i < 20; ++i) own[i] = static_cast<std::int64_t>(i);
  EXPECT_TRUE(mentions(thrown([&] { diffusion_spectral_mutual_information(x, Labels(own)); }), {"class '0' has 1 row", "at least 2"}));
  EXPECT_TRUE(near(diffusion_spectral_mutual_information(x, Labels(own), tool), 0, 1e-15));  // the tool keeps them, all entropies are 0
  const Estimate single = diffusion_spectral_mutual_information(x, Labels(std::vector<std::int64_t>(20, 4)));
  EXPECT_TRUE(near(single, 0, 1e-14));
  EXPECT_EQ(single.flags, std::vector<Status>{Status::degenerate}) << "round-off above a label entropy of 0 is no excess";
}

TEST(Hostile, NormalizersOfOneFeature) {
  const Data x = column({1, 2, 4, 8});
  for (const char* id : {"max-entropy", "log-d", "log-n-log-d"})
    EXPECT_TRUE(mentions(thrown([&, id] {
                           run("matrix_entropy", {{x}, {}, {}}, {{"normalizer", word(id)}});
                         }),
                         {"normalizer", "ln 1 = 0", "n = 4, d = 1", "at least 2"}));
  EXPECT_TRUE(run("matrix_entropy", {{x}, {}, {}}, {{"normalizer", word("log-n")}}).ok());
}

TEST(Hostile, ToolsAboveTheCapSaySo) {
  const Data x = random_data(6, 3, 8);
  const Estimate e = matrix_entropy(x, {.order = 2, .compat = "djaniak"});
  EXPECT_GT(e.value, *e.cap);
  ASSERT_EQ(e.warnings.size(), 1U);
  EXPECT_TRUE(mentions(e.warnings[0], {"djaniak", "largest value possible"}));
  EXPECT_TRUE(matrix_entropy(x).warnings.empty());
  // And a method that is not the tool's is refused.
  const OptionMap base{{"kernel", word("gaussian")}};
  for (const auto& [compat, method] : std::vector<std::pair<const char*, const char*>>{
           {"vendi-score", "truncated"}, {"vendi-score", "features"}, {"fkea", "exact"}, {"fkea", "truncated"}})
    EXPECT_TRUE(mentions(thrown([&, c = compat, m = method] {
                           run("vendi_score", {{x}, {}, {}}, with(with(base, "compat", word(c)), "method", word(m)));
                         }),
                         {"vendi_score", compat, "method"}));
}

// Never NaN with status ok, whatever option is pushed to its limits.
TEST(Hostile, NoNumberIsMissingWithoutAReason) {
  const std::vector<Data> inputs{random_data(9, 3, 1), random_data(2, 5, 2), Data({{1, 2}, {1, 2}, {1, 2}}),
                                 Data(4, 2),           column({0, 1, 3}),    times(random_data(9, 3, 1), 1e139),
                                 column({0, 0, 0, 1})};
  for (const EstimatorInfo* info : catalogue())
    for (const Data& x : inputs) {
      const Inputs in = inputs_for(*info, x, 1);
      const auto check = [&](const OptionMap& options) {
        try {
          const Estimate e = info->run(in, options, {});
          EXPECT_TRUE(std::isfinite(e.value) || (!e.ok() && !e.reason.empty())) << e.explain();
        } catch (const InvalidArgument& error) {
          EXPECT_TRUE(mentions(error.what(), {info->card.name})) << error.what();
        }
      };
      for (const ConventionInfo& c : info->card.conventions) {
        OptionMap chosen{{c.compat ? "compat" : "convention", c.id}};
        if (info->card.name == "vendi_score") chosen.emplace_back("features", std::int64_t{8});  // 512 by default: slow
        check(chosen);
        for (const FieldInfo& field : info->fields) {
          for (const std::string& choice : field.choices)
            if (field.name != "convention" && field.name != "compat" && field.name != "null")
              check(with(chosen, field.name.c_str(), choice));
          if (field.kind != FieldKind::number) continue;
          check(with(chosen, field.name.c_str(), field.range.low_open ? 5e-324 : field.range.low));
          check(with(chosen, field.name.c_str(), field.range.high_open ? std::nextafter(field.range.high, 0.0) : field.range.high));
        }
      }
    }
}

}  // namespace
}  // namespace entrospect::testing
