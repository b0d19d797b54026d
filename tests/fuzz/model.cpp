#include "arete/model/ridge_model.hpp"
#include "arete/report/page.hpp"
#include "fuzz/fuzz.hpp"

/// A model (safetensors), and the page about it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const arete::fuzz::MemoryFile file(data, size);
  return arete::fuzz::attempt([&] {
    const arete::RidgeModel model = arete::read_model(file.path());
    arete::report::PageContent content;
    content.model = &model;
    static_cast<void>(arete::report::report_page(content));
  });
}
