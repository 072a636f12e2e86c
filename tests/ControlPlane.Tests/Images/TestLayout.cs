using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Images;

/// <summary>An OCI image layout in memory. Tests change <see cref="Files"/> and the documents to make it wrong.</summary>
internal sealed class TestLayout
{
    public const string IndexType = "application/vnd.oci.image.index.v1+json";
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";
    public const string TarType = "application/vnd.oci.image.layer.v1.tar";

    public SortedDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal)
    {
        ["oci-layout"] = """{"imageLayoutVersion":"1.0.0"}"""u8.ToArray(),
    };

    /// <summary>A layout with one image of uncompressed layers.</summary>
    public static TestLayout Of(params byte[][] layers)
    {
        TestLayout layout = new();
        layout.SetIndex(layout.AddImage(layers));
        return layout;
    }

    /// <summary>A layout with one image of these layers.</summary>
    public static TestLayout Of(params Action<TestLayer>[] layers) => Of([.. layers.Select(TestLayer.Of)]);

    public static byte[] Gzip(byte[] content)
    {
        using MemoryStream target = new();
        using (GZipStream gzip = new(target, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return target.ToArray();
    }

    public static string PathOf(Digest digest) => $"blobs/sha256/{digest.Hex}";

    /// <summary>Adds a blob and describes it.</summary>
    public JsonObject AddBlob(byte[] content, string mediaType)
    {
        Digest digest = Digest.Of(content);
        Files[PathOf(digest)] = content;
        return new JsonObject { ["mediaType"] = mediaType, ["digest"] = digest.Value, ["size"] = content.Length };
    }

    public JsonObject AddBlob(JsonNode document, string mediaType) => AddBlob(Encoding.UTF8.GetBytes(document.ToJsonString()), mediaType);

    /// <summary>Adds manifest, config and layers; the descriptor names linux and the architecture.</summary>
    public JsonObject AddImage(IEnumerable<byte[]> layers, string architecture = "amd64", string? tag = null, JsonObject? process = null, string? variant = null)
    {
        byte[][] tars = [.. layers];
        return AddImage([.. tars.Select(tar => AddBlob(tar, TarType))], [.. tars.Select(tar => Digest.Of(tar).Value)], architecture, tag, process, variant);
    }

    public JsonObject AddImage(
        JsonObject[] layers, string[] diffIds, string architecture = "amd64", string? tag = null, JsonObject? process = null, string? variant = null)
    {
        JsonObject config = new()
        {
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["variant"] = variant,
            ["config"] = process,
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = new JsonArray([.. diffIds.Select(id => (JsonNode)id)]) },
        };
        JsonObject manifest = new()
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestType,
            ["config"] = AddBlob(config, ConfigType),
            ["layers"] = new JsonArray([.. layers]),
        };
        JsonObject descriptor = AddBlob(manifest, ManifestType);
        descriptor["platform"] = Platform(architecture, variant: variant);
        if (tag is not null)
        {
            descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        }

        return descriptor;
    }

    public static JsonObject Platform(string architecture, string os = "linux", string? variant = null)
    {
        JsonObject platform = new() { ["architecture"] = architecture, ["os"] = os };
        if (variant is not null)
        {
            platform["variant"] = variant;
        }

        return platform;
    }

    public static JsonObject Index(params JsonObject[] manifests) =>
        new() { ["schemaVersion"] = 2, ["mediaType"] = IndexType, ["manifests"] = new JsonArray([.. manifests]) };

    public TestLayout SetIndex(params JsonObject[] manifests)
    {
        Files["index.json"] = Encoding.UTF8.GetBytes(Index(manifests).ToJsonString());
        return this;
    }

    /// <summary>The layout as <c>tar -C DIR -cf - .</c> writes it.</summary>
    public byte[] ToTar()
    {
        using MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "./"));
            foreach ((string name, byte[] content) in Files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "./" + name) { DataStream = new MemoryStream(content) });
            }
        }

        return stream.ToArray();
    }
}
