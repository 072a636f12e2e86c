using System.Text.Json;
using MicroVm.ControlPlane.Host.Images.Layers;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Images.Layout;

/// <summary>
/// Finds an image and its platforms in a layout and reads what they consist of. Both shapes are understood: the layout's
/// <c>index.json</c> names the manifests of all platforms, or an index that does.
/// </summary>
/// <param name="layout">The layout.</param>
/// <param name="limits">Limits.</param>
internal sealed class OciImageReader(OciLayout layout, ImageImportLimits limits)
{
    private const string LayoutKind = "image layout", IndexKind = "image index", ManifestKind = "image manifest", ConfigKind = "image config";
    private const int ShownPlatforms = 32;

    private readonly List<Found> _found = [];
    private int _descriptorsLeft = limits.IndexDescriptors;

    /// <summary>Reads the image.</summary>
    /// <param name="tag">The layout's tag that is preferred when it holds several images.</param>
    /// <exception cref="ImageImportException">There is none for a platform that devices have, or more than one, or it is malformed.</exception>
    public OciImageSet Read(string tag)
    {
        Collect(layout.ReadIndex(), null, null, 0);
        // A tag names an image: what has another one belongs to another image, whatever it runs on.
        List<Found> named = _found.Exists(found => found.Tag == tag) ? [.. _found.Where(found => found.Tag == tag)] : _found;
        List<Found> ours = [.. named.Where(static found => found.Platform?.Machine is not null).DistinctBy(static found => (found.Platform!.Machine, found.Manifest.Digest))];
        if (ours.Count == 0)
        {
            throw ImageImportException.Invalid(
                LayoutKind,
                $"an image for {OciPlatform.Of(MachineArchitecture.X64)} or {OciPlatform.Of(MachineArchitecture.Arm64)}",
                named.Count == 0 ? "no image" : string.Join(", ", named.Select(static found => found.Describe()).Distinct().Take(ShownPlatforms)));
        }

        foreach (IGrouping<string, Found> same in ours.GroupBy(static found => found.Platform!.Machine!).Where(static same => same.Count() > 1))
        {
            throw Ambiguous(OciPlatform.Of(same.Key), tag, [.. same]);
        }

        ours = [.. ours.OrderBy(static found => found.Platform!.Machine, StringComparer.Ordinal)];
        return new OciImageSet(Identify(ours), [.. ours.Select(ReadImage)], LeftOut(named));
    }

    private static ImageImportException Ambiguous(string platform, string tag, IReadOnlyList<Found> same) =>
        same.Select(static found => found.Tag).Distinct().Count() == 1
            ? ImageImportException.Invalid(
                IndexKind, $"one manifest for {platform}", $"{same.Count}: {string.Join(", ", same.Select(static found => found.Manifest.Digest))}")
            : ImageImportException.Invalid(
                LayoutKind,
                $"one image for {platform}, or one with the tag '{tag}'",
                $"{same.Count} with the tags {string.Join(", ", same.Select(static found => $"'{found.Tag}'"))}");

    private static string[] LeftOut(IEnumerable<Found> named) =>
    [
        .. named.Where(static found => found.Platform is { Machine: null, IsUnknown: false })
            .Select(static found => found.Describe()).Distinct().Order(StringComparer.Ordinal).Take(ShownPlatforms),
    ];

    /// <summary>What the image is known by; see <see cref="OciImageSet.Digest"/>.</summary>
    private static Digest Identify(IReadOnlyList<Found> platforms)
    {
        Digest?[] indexes = [.. platforms.Select(static found => found.Index).Distinct()];
        return indexes is [Digest index] ? index
            : platforms is [Found one] ? Digest.Parse(one.Manifest.Digest!)
            : Digest.Of(WriteIndex(platforms));
    }

    /// <summary>An index of these manifests, always the same bytes for the same ones.</summary>
    private static byte[] WriteIndex(IReadOnlyList<Found> platforms)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", 2);
            writer.WriteString("mediaType", "application/vnd.oci.image.index.v1+json");
            writer.WriteStartArray("manifests");
            foreach (Found found in platforms)
            {
                writer.WriteStartObject();
                writer.WriteString("mediaType", found.Manifest.MediaType);
                writer.WriteString("digest", found.Manifest.Digest);
                writer.WriteNumber("size", found.Manifest.Size);
                writer.WriteStartObject("platform");
                writer.WriteString("architecture", MachineArchitecture.ToOci(found.Platform!.Machine!));
                writer.WriteString("os", "linux");
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    private void Collect(OciIndex index, string? tag, Digest? under, int depth)
    {
        if (depth > limits.IndexDepth)
        {
            throw ImageImportException.TooLarge(IndexKind, $"{limits.IndexDepth} indexes inside each other", "more");
        }

        foreach (OciDescriptor? descriptor in index.Manifests ?? [])
        {
            if (descriptor is null)
            {
                throw ImageImportException.Invalid(IndexKind, "descriptors", "null");
            }

            if (--_descriptorsLeft < 0)
            {
                throw ImageImportException.TooLarge(IndexKind, $"{limits.IndexDescriptors} descriptors", "more");
            }

            // Only the names in the layout's own file count (image layout specification); what is inside an index goes by its name.
            string? name = depth == 0 ? descriptor.ReferenceName : tag;
            if (OciMediaType.IsIndex(descriptor.MediaType))
            {
                OciIndex nested = layout.Read(descriptor, IndexKind, OciJsonContext.Default.OciIndex);
                Collect(nested, name, under ?? Digest.Parse(descriptor.Digest), depth + 1);
            }
            else
            {
                _found.Add(new Found(descriptor, PlatformOf(descriptor), name, under));
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

    private OciImage ReadImage(Found found)
    {
        string machine = found.Platform!.Machine!;
        OciManifest manifest = ReadManifest(found.Manifest);
        OciConfig config = ReadConfig(manifest);
        if (config.Platform.Machine != machine)
        {
            throw ImageImportException.Invalid(ConfigKind, OciPlatform.Of(machine), config.Platform.ToString());
        }

        IReadOnlyList<OciDescriptor?> layers = manifest.Layers ?? [];
        IReadOnlyList<string> diffIds = config.RootFs?.DiffIds ?? [];
        if (layers.Count == 0 || layers.Count != diffIds.Count)
        {
            throw ImageImportException.Invalid(ConfigKind, "layers and as many diff ids", $"{layers.Count} layers and {diffIds.Count} diff ids");
        }

        return layers.Count <= limits.Layers
            ? new OciImage(machine, Digest.Parse(found.Manifest.Digest), config, [.. layers.Zip(diffIds, Layer)])
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

    /// <summary>A manifest that an index names.</summary>
    /// <param name="Manifest">Its descriptor.</param>
    /// <param name="Platform">What it runs on; null for what is no image.</param>
    /// <param name="Tag">The tag that it, or the index around it, has in the layout.</param>
    /// <param name="Index">The outermost index that names it; null for the layout's own file.</param>
    private sealed record Found(OciDescriptor Manifest, OciPlatform? Platform, string? Tag, Digest? Index)
    {
        public string Describe() => Platform?.ToString() ?? $"'{Manifest.MediaType}'";
    }
}
