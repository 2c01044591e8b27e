// The page of `dlcore_caption --html`.
{
  const data = pageData();
  const left_out = data.photos_left_out
    ? "The first " + (data.gallery.images.length - data.photos_left_out) + " images are shown with their photos."
    : null;
  document.getElementById("page").append(
    pageHead(data.title, ...[data.subtitle, left_out].filter(Boolean)), galleryView(data.gallery));
}
