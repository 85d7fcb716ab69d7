#include "entrospect/spectral/lanczos.hpp"

#include "entrospect/core/errors.hpp"
#include "entrospect/spectral/backend.hpp"

#if defined(ENTROSPECT_HAVE_SPECTRA)

#include <Spectra/SymEigsSolver.h>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "entrospect/core/options.hpp"
#include "entrospect/core/parallel.hpp"
#include "entrospect/core/random.hpp"

namespace entrospect {

bool lanczos_available() { return true; }

namespace detail {
namespace {

using Eigen::Index;
using Columns = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

constexpr double kEps = std::numeric_limits<double>::epsilon();
constexpr double kTolerance = 1e-12;         // of a residual, relative to the norm of the matrix
constexpr double kAccepted = 1e-11;          // the same, measured afterwards
constexpr double kProbeTolerance = 1e-3;     // of a residual, relative to the value that a probe is compared with
constexpr double kRoughest = 1e-2;           // of any residual, relative to the shift
constexpr double kNoise = 1e-14;             // what rounding leaves of the residual of an eigenvector
constexpr double kAsymmetry = 1e-10;         // an operator that is further from symmetric is not one
constexpr std::size_t kBlock = 8;            // random vectors that a probe starts from
constexpr Index kRestarts = 300;             // of one Lanczos run
constexpr std::uint64_t kStream = 0x6c616e;  // names the random streams of starts and probes

Columns random_block(std::size_t n, std::size_t columns, std::uint64_t seed, std::uint64_t stream) {
  RandomStream random(seed, stream);
  Columns out(static_cast<Index>(n), static_cast<Index>(columns));
  for (Index j = 0; j < out.cols(); ++j)
    for (Index i = 0; i < out.rows(); ++i) out(i, j) = random.normal();
  return out;
}

Columns orthonormal(const Columns& v) { return Eigen::HouseholderQR<Columns>(v).householderQ() * Columns::Identity(v.rows(), v.cols()); }

// What was found so far, and products with the matrix that leave it out.
class Deflation {
 public:
  Deflation(const SymmetricOperator& a, const Context& context) : a_(a), context_(context), found_(static_cast<Index>(a.size()), 0) {}

  [[nodiscard]] Index order() const { return found_.rows(); }
  [[nodiscard]] Index count() const { return found_.cols(); }
  [[nodiscard]] std::size_t products() const { return products_; }
  [[nodiscard]] const Columns& found() const { return found_; }
  void set_found(Columns v) { found_ = std::move(v); }

  [[nodiscard]] Columns multiply(const Columns& v) const {
    using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    check_cancelled(context_);
    const Rows in = v;
    Rows out(v.rows(), v.cols());
    a_.apply(in.data(), out.data(), static_cast<std::size_t>(v.cols()), context_);
    products_ += static_cast<std::size_t>(v.cols());
    return out;
  }

  // v := (I - V V^T) v, twice, since once leaves round-off of the part that was large.
  template <class Derived>
  void project(Eigen::MatrixBase<Derived>& v) const {
    if (count() == 0) return;
    for (int pass = 0; pass < 2; ++pass) v -= found_ * (found_.transpose() * v).eval();
  }

 private:
  const SymmetricOperator& a_;
  const Context& context_;
  Columns found_;
  mutable std::size_t products_ = 0;
};

// P (sign A / scale + 2 I) P with P = I - V V^T, for Spectra. `scale` is about the norm of P A P: eigenvalues on the range of P lie around
// 2, those of what was found at 0, out of the way. Spectra compares residuals with the eigenvalue itself and lengths with absolute
// constants: without the shift zero eigenvalues never converge, without the scale small matrices look like zero.
class Shifted {
 public:
  using Scalar = double;
  static constexpr double kShift = 2;

  Shifted(const Deflation& deflation, double sign, double scale) : deflation_(deflation), factor_(sign / scale) {}
  [[nodiscard]] Index rows() const { return deflation_.order(); }
  [[nodiscard]] Index cols() const { return deflation_.order(); }
  void perform_op(const double* in, double* out) const {
    Columns v = Eigen::Map<const Vector>(in, rows());
    deflation_.project(v);
    Columns product = factor_ * deflation_.multiply(v);
    deflation_.project(product);
    Eigen::Map<Vector>(out, rows()) = product + kShift * v;
  }
  [[nodiscard]] double eigenvalue(double shifted) const { return (shifted - kShift) / factor_; }

 private:
  const Deflation& deflation_;
  double factor_;
};

// A direction to start from, and how far A stretches outside of what was found.
struct Start {
  Vector vector;
  double norm = 0;
};

class Search {
 public:
  Search(const SymmetricOperator& a, std::size_t count, std::optional<double> frobenius2, std::uint64_t seed, const Context& context,
         std::size_t most_products)
      : a_(a, context), wanted_(static_cast<Index>(count)), most_products_(most_products), frobenius2_(frobenius2), seed_(seed) {}

  LeadingEigenvalues result() {
    LeadingEigenvalues out;
    measure();
    if (!std::isfinite(scale_)) {
      out.status = Status::nonfinite;
      out.reason = "products with the matrix overflow";
    } else if (scale_ == 0) {  // A times a random block is zero
      out.values.assign(static_cast<std::size_t>(wanted_), 0.0);
      out.residuals = out.values;
    } else {
      search(out);
    }
    out.products = a_.products();
    return out;
  }

 private:
  struct Run {
    std::vector<double> values;  // sign * eigenvalue, descending
    Columns vectors;
    bool converged = false;
  };

  [[nodiscard]] bool spent() const { return most_products_ > 0 && a_.products() >= most_products_; }
  // A restart takes at most as many products as the space has vectors to spare, the first space one for each.
  [[nodiscard]] Index restarts(Index count, Index space) const {
    if (most_products_ == 0) return kRestarts;
    const Index left = static_cast<Index>(most_products_) - static_cast<Index>(a_.products()) - space;
    return std::clamp(left / (space - count), Index{1}, kRestarts);
  }

  std::uint64_t next_stream() { return kStream + streams_++; }

  // The norm of the matrix within a small factor, and the sign of the end of the spectrum that has it: two steps of power iteration on a
  // random block. Also whether the matrix is symmetric.
  void measure() {
    const auto n = static_cast<std::size_t>(a_.order());
    const Columns block = orthonormal(random_block(n, std::min(n, kBlock), seed_, next_stream()));
    const Columns first = a_.multiply(block);
    const double size = first.allFinite() ? first.cwiseAbs().maxCoeff() : std::numeric_limits<double>::infinity();
    scale_ = size;
    if (size == 0 || std::isinf(size)) return;
    const Columns mutual = block.transpose() * first / size;
    const double asymmetry = (mutual - mutual.transpose()).cwiseAbs().maxCoeff();
    if (asymmetry > kAsymmetry)
      throw InvalidArgument("operator is not symmetric: products u.(A v) and v.(A u) of random vectors differ by " +
                            to_text(OptionValue(asymmetry)) + " of the entries of A v; allowed is " + to_text(OptionValue(kAsymmetry)));
    const Columns basis = orthonormal(first / size), second = a_.multiply(basis) / size;
    const Eigen::SelfAdjointEigenSolver<Columns> stretch(second.transpose() * second);
    const Vector most = stretch.eigenvectors().rightCols(1);
    scale_ = size * std::sqrt(stretch.eigenvalues().maxCoeff());
    if ((basis * most).dot(second * most) < 0) end_ = -1;
  }

  // The `count` largest eigenvalues of sign * A outside of what was found, with residuals up to `tolerance`.
  Run run(double sign, Index count, double tolerance, const Start& start) {
    const Index left = a_.order() - a_.count(), space = std::max(3 * count, count + 30);
    return space < left ? lanczos(sign, count, space, tolerance, start) : directly(sign, std::min(count, left));
  }

  Run lanczos(double sign, Index count, Index space, double tolerance, const Start& start) const {
    const double scale = 2 * start.norm;  // the norm is a lower bound
    Shifted shifted(a_, sign, scale);
    Run out;
    // Spectra starts with the residual of this vector and does not orthogonalize it: of an eigenvector it would be noise.
    Vector image(a_.order());
    shifted.perform_op(start.vector.data(), image.data());
    const double quotient = start.vector.dot(image);
    const double residual = (image - quotient * start.vector).norm();
    if (residual * scale <= tolerance || residual <= kNoise) {
      out.converged = true;
      out.values = {sign * shifted.eigenvalue(quotient)};
      out.vectors = start.vector;
      return out;
    }
    Spectra::SymEigsSolver<Shifted> solver(shifted, count, space);
    try {
      solver.init(start.vector.data());
      solver.compute(Spectra::SortRule::LargestAlge, restarts(count, space), std::min(tolerance / (Shifted::kShift * scale), kRoughest),
                     Spectra::SortRule::LargestAlge);
      out.converged = solver.info() == Spectra::CompInfo::Successful;
    } catch (const Cancelled&) {
      throw;
    } catch (const std::runtime_error&) {  // its tridiagonal solver gave up
      return out;
    }
    const Vector values = solver.eigenvalues();
    for (Index i = 0; i < values.size() && values[i] > 0.5; ++i) out.values.push_back(sign * shifted.eigenvalue(values[i]));
    out.vectors = solver.eigenvectors(static_cast<Index>(out.values.size()));
    return out;
  }

  // Where a Krylov space would be all that is left, a basis of all that is left.
  Run directly(double sign, Index count) {
    const auto n = static_cast<std::size_t>(a_.order());
    Columns basis = random_block(n, n - static_cast<std::size_t>(a_.count()), seed_, next_stream());
    a_.project(basis);
    basis = orthonormal(basis);
    const Columns small = basis.transpose() * a_.multiply(basis) * (sign / scale_);
    const Eigen::SelfAdjointEigenSolver<Columns> inside((small + small.transpose()) / 2);
    Run out;
    out.converged = inside.info() == Eigen::Success;
    for (Index i = 0; i < count; ++i) out.values.push_back(scale_ * inside.eigenvalues()[small.rows() - 1 - i]);
    out.vectors = basis * inside.eigenvectors().rightCols(count).rowwise().reverse();
    return out;
  }

  // Adds vectors of a run to what was found: the eigenvectors of A within that space whose residuals are small. Those of a run that only
  // claims to have converged are not. True if there is more than before.
  bool add(const Columns& vectors) {
    const Index before = a_.count();
    Columns rest = vectors;
    a_.project(rest);
    Columns all(a_.order(), before + rest.cols());
    all << a_.found(), orthonormal(rest);
    const Columns products = a_.multiply(all) / scale_;
    const Columns small = all.transpose() * products;
    const Eigen::SelfAdjointEigenSolver<Columns> inside((small + small.transpose()) / 2);
    const Columns rotated = all * inside.eigenvectors();
    const Columns residuals = products * inside.eigenvectors() - rotated * inside.eigenvalues().asDiagonal();
    std::vector<Index> order;
    for (Index i = 0; i < small.rows(); ++i)
      if (residuals.col(i).norm() <= kAccepted) order.push_back(i);
    std::stable_sort(order.begin(), order.end(),
                     [&](Index i, Index j) { return std::abs(inside.eigenvalues()[i]) > std::abs(inside.eigenvalues()[j]); });
    Columns kept(a_.order(), static_cast<Index>(order.size()));
    values_.clear();
    residuals_.clear();
    for (const Index i : order) {
      kept.col(static_cast<Index>(values_.size())) = rotated.col(i);
      values_.push_back(scale_ * inside.eigenvalues()[i]);
      residuals_.push_back(scale_ * residuals.col(i).norm());
    }
    a_.set_found(std::move(kept));
    return a_.count() > before;
  }

  [[nodiscard]] bool enough() const { return a_.count() >= wanted_; }
  // The smallest magnitude among the values that would be returned; 0 while there are too few.
  [[nodiscard]] double smallest() const { return enough() ? std::abs(values_[static_cast<std::size_t>(wanted_) - 1]) : 0; }

  // Every eigenvalue that was not found is below `smallest()`, since all of them together have less than its square.
  [[nodiscard]] bool proven() const {
    if (a_.count() >= a_.order()) return true;
    if (!frobenius2_ || !enough()) return false;
    double rest = *frobenius2_, doubt = 64 * kEps * *frobenius2_;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      rest -= values_[i] * values_[i];
      doubt += 2 * std::abs(values_[i]) * residuals_[i];
    }
    return rest + doubt < smallest() * smallest();
  }

  // The vector of a random block, outside of what was found, that A stretches most. One random vector may be nearly orthogonal to a missed
  // eigenvector; all of a block are so far less often.
  Start probe_start() {
    const auto n = static_cast<std::size_t>(a_.order());
    const auto columns = std::min(kBlock, n - static_cast<std::size_t>(a_.count()));
    Columns block = random_block(n, columns, seed_, next_stream());
    Columns gram;
    for (int step = 0; step < 2; ++step) {
      a_.project(block);
      block = orthonormal(block);
      Columns image = a_.multiply(block) / scale_;
      a_.project(image);
      gram = image.transpose() * image;
      // The image alone would have fewer dimensions where the rest has low rank.
      if (step == 0) block += image / std::sqrt(std::max(gram.trace(), std::numeric_limits<double>::min()));
    }
    const Eigen::SelfAdjointEigenSolver<Columns> stretch(gram);
    return {block * stretch.eigenvectors().rightCols(1), scale_ * std::sqrt(std::max(0.0, stretch.eigenvalues().maxCoeff()))};
  }

  enum class Probe { nothing, more, failed };

  // Looks for eigenvalues beyond smallest() at one end of the deflated spectrum, up to `count` of them.
  Probe probe(double sign, Index count) {
    Start start = probe_start();
    const double tolerance = kTolerance * scale_, limit = smallest();
    start.norm = std::max(start.norm, tolerance);  // a rest below the tolerance is zero
    if (enough()) {                                // a rough value settles it when it is well below
      const Run rough = run(sign, 1, std::max(tolerance, kProbeTolerance * limit), start);
      if (rough.converged && rough.values.front() < limit * (1 - 2 * kProbeTolerance)) return Probe::nothing;
    }
    const Run exact = run(sign, count, tolerance, start);
    Index larger = 0;
    for (const double value : exact.values)
      if (!enough() || value > limit + 4 * tolerance) ++larger;
    if (larger > 0) return add(exact.vectors.leftCols(larger)) ? Probe::more : Probe::failed;
    // Without the first value nothing is known of the end of the spectrum.
    return exact.values.empty() ? Probe::failed : Probe::nothing;
  }

  void search(LeadingEigenvalues& out) {
    const auto n = static_cast<std::size_t>(a_.order());
    const Run first = run(end_, wanted_, kTolerance * scale_, {orthonormal(random_block(n, 1, seed_, next_stream())), scale_});
    if (!first.values.empty()) add(first.vectors);
    const Index found_first = a_.count();
    bool sure = proven(), failed = false;
    if (most_products_ > 0 && (spent() || !enough()) && !sure) out.gave_up = true;
    // Each round that finds something looks for twice as many in the next: copies come in numbers.
    Index count = enough() ? 1 : wanted_ - a_.count();
    for (bool more = true; more && !sure && !out.gave_up; count = std::min(2 * count, wanted_)) {
      more = failed = false;
      for (const double sign : {end_, -end_}) {
        if (sure || out.gave_up) break;
        const Probe found = probe(sign, count);
        more = more || found == Probe::more;
        failed = failed || found == Probe::failed;
        sure = proven();
        out.gave_up = !sure && spent() && (more || failed || sign == end_);
      }
    }
    out.found_by_probe = static_cast<std::size_t>(a_.count() - found_first);
    finish(out, sure, failed);
  }

  void finish(LeadingEigenvalues& out, bool sure, bool failed) const {
    std::vector<std::pair<double, double>> pairs;
    for (std::size_t i = 0; i < std::min(values_.size(), static_cast<std::size_t>(wanted_)); ++i)
      pairs.emplace_back(values_[i], residuals_[i]);
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    for (const auto& [value, residual] : pairs) {
      out.values.push_back(value);
      out.residuals.push_back(residual);
    }
    const std::string last = to_text(OptionValue(smallest()));
    if (out.gave_up) {
      out.status = Status::not_converged;
      out.reason = std::to_string(pairs.size()) + " of " + std::to_string(wanted_) + " leading eigenvalues converged when " +
                   std::to_string(a_.products()) + " of " + std::to_string(most_products_) +
                   " products with the matrix were done; larger ones may be missing";
    } else if (!enough()) {
      out.status = Status::not_converged;
      out.reason = std::to_string(pairs.size()) + " of " + std::to_string(wanted_) + " leading eigenvalues converged within " +
                   std::to_string(kRestarts) + " restarts; larger ones may be missing";
    } else if (failed) {
      out.status = Status::not_converged;
      out.reason = "the search for eigenvalues above " + last + " outside of those found did not converge; larger ones may be missing";
    } else if (!sure) {
      out.status = Status::truncated;
      out.reason = "the eigenvalues that were not computed could by their norm hide one as large as " + last +
                   ", the smallest that was; probes from random vectors found none";
    }
  }

  Deflation a_;
  Index wanted_;
  std::size_t most_products_;
  std::optional<double> frobenius2_;
  std::uint64_t seed_;
  std::uint64_t streams_ = 0;
  double scale_ = 0;                        // about the norm of the matrix
  double end_ = 1;                          // the end of the spectrum that is searched first
  std::vector<double> values_, residuals_;  // of a_.found(), by falling magnitude
};

}  // namespace

LeadingEigenvalues leading_eigenvalues(const SymmetricOperator& a, std::size_t count, std::optional<double> frobenius2, std::uint64_t seed,
                                       const Context& context, std::size_t most_products) {
  return Search(a, count, frobenius2, seed, context, most_products).result();
}

}  // namespace detail
}  // namespace entrospect

#else

namespace entrospect {

bool lanczos_available() { return false; }

namespace detail {

// select_backend() lets nobody come here.
LeadingEigenvalues leading_eigenvalues(const SymmetricOperator&, std::size_t, std::optional<double>, std::uint64_t, const Context&,
                                       std::size_t) {
  throw InvalidArgument("backend 'lanczos' needs Spectra, which this build does not have");
}

}  // namespace detail
}  // namespace entrospect

#endif
