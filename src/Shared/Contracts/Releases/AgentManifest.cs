using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Releases;

/// <summary>
/// What an agent release's artifact is. It travels as the content of a <see cref="Codecs.Cose.SignedMessage"/> beside the artifact, so that
/// whoever holds both can check them without a desired state; the audience is the architecture.
/// </summary>
/// <param name="Version">The release's version.</param>
/// <param name="Architecture">What it runs on, a <see cref="MachineArchitecture"/>.</param>
/// <param name="Digest">SHA-256 of the artifact.</param>
/// <param name="SizeBytes">Length of the artifact.</param>
/// <param name="Files">What is in it.</param>
public sealed record AgentManifest(ReleaseVersion Version, string Architecture, Digest Digest, ulong SizeBytes, IReadOnlyList<AgentFile> Files)
{
    private const int FormatVersion = 1;

    /// <summary>Bytes that the files have together.</summary>
    public ulong UnpackedBytes => Files.Aggregate(0UL, static (sum, file) => sum + file.SizeBytes);

    /// <summary>Decodes a manifest; a file that is not there or there twice is refused.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are no manifest.</exception>
    public static AgentManifest Decode(ReadOnlyMemory<byte> content) => WireReader.Decode(content, "agent manifest", static reader =>
    {
        int format = 0;
        ReleaseVersion version = default;
        string architecture = "";
        Digest digest = default;
        ulong size = 0;
        IReadOnlyList<AgentFile> files = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 0: format = reader.ReadInt32(); return true;
                case 1: version = reader.ReadParsed(ReleaseVersion.Parse); return true;
                case 2: architecture = reader.ReadText(); return true;
                case 3: digest = reader.ReadParsed(Digest.Parse); return true;
                case 4: size = reader.ReadUInt64(); return true;
                case 5: files = reader.ReadList(AgentFile.Read); return true;
                default: return false;
            }
        });
        reader.RequireVersion(format, FormatVersion);
        if (version == default || digest.IsEmpty || architecture.Length == 0)
        {
            throw reader.Fault("a version, an architecture and a digest (keys 1 to 3)", "not all of them");
        }

        if (files.DistinctBy(static file => file.Name).Count() != files.Count || AgentFiles.Required.Any(name => files.All(file => file.Name != name))
            || files.Any(static file => file.SizeBytes > (ulong)AgentFiles.MaxUnpackedBytes))
        {
            throw reader.Fault($"each of {string.Join(", ", AgentFiles.Required)} once, of at most {AgentFiles.MaxUnpackedBytes} bytes (key 5)", "others");
        }

        return new AgentManifest(version, architecture, digest, size, files);
    });

    /// <summary>Encodes the manifest.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, FormatVersion);
        map.Field(1, Version.Value);
        map.Field(2, Architecture);
        map.Field(3, Digest.Value);
        map.Field(4, SizeBytes);
        map.ListField(5, Files, static (w, file) => file.Write(w));
    }));
}
