namespace MicroVm.ControlPlane.Host.Images.Layers;

/// <summary>A layer of an image whose blob is on disk and has the digest that its name says.</summary>
/// <param name="Name">What it is called in errors.</param>
/// <param name="BlobPath">The blob.</param>
/// <param name="Compression">How the blob is compressed.</param>
/// <param name="DiffId">Digest of the decompressed tar by the image's config.</param>
internal sealed record LayerSource(string Name, string BlobPath, LayerCompression Compression, Shared.Identity.Digest DiffId);
