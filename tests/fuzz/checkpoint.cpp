#include "arete/train/checkpoint.hpp"

#include <fstream>

#include "arete/moments/part_rule.hpp"
#include "arete/train/job_identity.hpp"
#include "fuzz/fuzz.hpp"
#include "fuzz/moments_bytes.hpp"
#include "reference/data_set.hpp"

namespace {

namespace fs = std::filesystem;
using Bytes = std::span<const std::uint8_t>;

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A job that has a checkpoint, in a folder of its own: 60 rows as those of make-corpus.py are.
class Job {
 public:
  Job() : source_(arete::reference::open(data())) {
    options_.rule = arete::holdout_rule(0.2, 0);
    fs::create_directories(folder_);
    const fs::path file = folder_ / "identity";
    arete::write_identity(file, arete::job_identity(*source_, rows_, options_));
    std::ifstream stream(file);
    identity_.assign(std::istreambuf_iterator<char>(stream), {});
    fs::remove(file);
  }
  ~Job() { fs::remove_all(folder_); }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  [[nodiscard]] Bytes identity() const { return bytes_of(identity_); }

  /// Goes on from a folder that holds these; each row is to be summed, or still to be read.
  void resume(Bytes identity, Bytes piece) const {
    put("arete-job.json", identity);
    put("000000-000000.moments", piece);
    arete::fuzz::attempt([&] {
      const auto alone = arete::single_process();
      arete::Checkpoint checkpoint({folder_, 60}, *source_, rows_, options_, *alone);
      const auto session = backend_->open(setup());
      checkpoint.restore(*session);
      std::uint64_t rows = session->summary().rows;
      for (const arete::RowRange& range : checkpoint.remaining()) rows += range.size();
      if (rows != rows_.size()) std::abort();
    });
  }

 private:
  [[nodiscard]] static arete::reference::DataSet data() {
    return arete::reference::random_data(arete::ElementType::uint8, 60, 6, 3, 1);
  }

  [[nodiscard]] arete::SessionOptions setup() const {
    arete::SessionOptions setup;
    setup.rule = options_.rule;
    setup.features = source_->info().features;
    setup.type = source_->info().type;
    setup.classes = source_->info().classes;
    setup.threads = 1;
    return setup;
  }

  void put(const char* name, Bytes bytes) const {
    std::ofstream stream(folder_ / name, std::ios::binary);
    stream.write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
  }

  // In memory: on a disk, files that are written anew thousands of times a second are waited for.
  fs::path folder_ = "/dev/shm/arete-fuzz-" + std::to_string(::getpid());
  std::unique_ptr<arete::RowSource> source_;
  arete::RowRange rows_{0, 60};
  arete::FitOptions options_;
  std::unique_ptr<arete::Backend> backend_ = arete::cpu_backend();
  std::string identity_;
};

}  // namespace

/// What may lie in the folder of a checkpoint: a piece, beside the arete-job.json that belongs
/// there; or, where the bytes do not begin as a piece does, arete-job.json.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Job job;
  const Bytes input{data, size};
  const bool is_piece =
      std::string_view(reinterpret_cast<const char*>(data), size).starts_with("ARETE");
  if (!is_piece) {
    job.resume(input, bytes_of("ARETEMOM"));
    return 0;
  }
  job.resume(job.identity(), input);
  if (const auto mended = arete::fuzz::with_right_checksums(input)) {
    job.resume(job.identity(), *mended);
  }
  return 0;
}
