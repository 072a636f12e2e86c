using MicroVm.ControlPlane.Host.Images.Layers;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>Finds the image for a platform in a layout and reads what it consists of.</summary>
/// <param name="layout">The layout.</param>
/// <param name="limits">Limits.</param>
internal sealed class OciImageReader(OciLayout layout, ImageImportLimits limits)
{
    private const string ManifestKind = "image manifest", ConfigKind = "image config";

    private int _descriptorsLeft = limits.IndexDescriptors;

    /// <summary>Reads the image.</summary>
    /// <param name="platform">What it has to run on.</param>
    /// <param name="tag">The layout's tag that is preferred when it holds several images.</param>
    /// <exception cref="ImageImportException">There is none, or more than one, or it is malformed.</exception>
    public OciImage Read(OciPlatform platform, string tag)
    {
        List<(OciDescriptor Manifest, string? Tag)> found = [];
        List<string> others = [];
        Collect(layout.ReadIndex(), null, 0, platform, found, others);
        List<(OciDescriptor Manifest, string? Tag)> distinct = [.. found.DistinctBy(static f => f.Manifest.Digest)];
        if (distinct.Count > 1)
        {
            distinct = [.. found.Where(f => f.Tag == tag).DistinctBy(static f => f.Manifest.Digest)];
        }

        return distinct switch
        {
            [(OciDescriptor manifest, _)] => ReadImage(manifest, platform),
            _ when found.Count == 0 => throw ImageImportException.Invalid(
                "image layout", $"an image for {platform}", others.Count == 0 ? "no image" : string.Join(", ", others)),
            _ => throw ImageImportException.Invalid(
                "image layout",
                $"one image for {platform}, or one with the tag '{tag}'",
                $"{found.Count} with the tags {string.Join(", ", found.Select(static f => $"'{f.Tag}'"))}"),
        };
    }

    private void Collect(
        OciIndex index, string? tag, int depth, OciPlatform platform, List<(OciDescriptor Manifest, string? Tag)> found, List<string> others)
    {
        if (depth > limits.IndexDepth)
        {
            throw ImageImportException.TooLarge("image index", $"{limits.IndexDepth} indexes inside each other", "more");
        }

        foreach (OciDescriptor? descriptor in index.Manifests ?? [])
        {
            if (descriptor is null)
            {
                throw ImageImportException.Invalid("image index", "descriptors", "null");
            }

            if (--_descriptorsLeft < 0)
            {
                throw ImageImportException.TooLarge("image index", $"{limits.IndexDescriptors} descriptors", "more");
            }

            string? name = descriptor.ReferenceName ?? tag;
            if (OciMediaType.IsIndex(descriptor.MediaType))
            {
                Collect(layout.Read(descriptor, "image index", OciJsonContext.Default.OciIndex), name, depth + 1, platform, found, others);
            }
            else if (PlatformOf(descriptor) is { } runsOn && runsOn == platform)
            {
                found.Add((descriptor, name));
            }
            else
            {
                others.Add(PlatformOf(descriptor)?.ToString() ?? $"'{descriptor.MediaType}'");
            }
        }
    }

    /// <summary>What a manifest's image runs on; an index may leave it out, then the config says it. Null for what is no image.</summary>
    private OciPlatform? PlatformOf(OciDescriptor descriptor)
    {
        if (!OciMediaType.IsManifest(descriptor.MediaType))
        {
            return null;
        }

        if (descriptor.Platform is { Architecture: not null, Os: not null } platform)
        {
            return platform;
        }

        OciManifest manifest = ReadManifest(descriptor);
        return OciMediaType.IsConfig(manifest.Config?.MediaType) ? ReadConfig(manifest).Platform : null;
    }

    private OciManifest ReadManifest(OciDescriptor descriptor) =>
        layout.Read(descriptor, ManifestKind, OciJsonContext.Default.OciManifest);

    private OciConfig ReadConfig(OciManifest manifest)
    {
        if (manifest.Config is not { } config || !OciMediaType.IsConfig(config.MediaType))
        {
            throw ImageImportException.Unsupported(ManifestKind, "a config of media type application/vnd.oci.image.config.v1+json", $"'{manifest.Config?.MediaType}'");
        }

        return layout.Read(config, ConfigKind, OciJsonContext.Default.OciConfig);
    }

    private OciImage ReadImage(OciDescriptor descriptor, OciPlatform platform)
    {
        OciManifest manifest = ReadManifest(descriptor);
        OciConfig config = ReadConfig(manifest);
        if (config.Platform != platform)
        {
            throw ImageImportException.Invalid(ConfigKind, platform.ToString(), config.Platform.ToString());
        }

        IReadOnlyList<OciDescriptor?> layers = manifest.Layers ?? [];
        IReadOnlyList<string> diffIds = config.RootFs?.DiffIds ?? [];
        if (layers.Count == 0 || layers.Count != diffIds.Count)
        {
            throw ImageImportException.Invalid(ConfigKind, "layers and as many diff ids", $"{layers.Count} layers and {diffIds.Count} diff ids");
        }

        return layers.Count <= limits.Layers
            ? new OciImage(Digest.Parse(descriptor.Digest), config, [.. layers.Zip(diffIds, Layer)])
            : throw ImageImportException.TooLarge(ManifestKind, $"{limits.Layers} layers", $"{layers.Count}");
    }

    private LayerSource Layer(OciDescriptor? descriptor, string diffId)
    {
        if (descriptor is null)
        {
            throw ImageImportException.Invalid(ManifestKind, "descriptors of layers", "null");
        }

        LayerCompression compression = OciMediaType.CompressionOf(descriptor.MediaType, $"layer {descriptor.Digest}");
        string path = layout.BlobPath(descriptor, "layer");
        return Digest.TryParse(diffId, out Digest digest)
            ? new LayerSource($"layer {descriptor.Digest}", path, compression, digest)
            : throw ImageImportException.Invalid($"{ConfigKind}: diff id", "'sha256:' and 64 lower-case hexadecimal digits", $"'{diffId}'");
    }
}
