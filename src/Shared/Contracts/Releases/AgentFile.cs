using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Releases;

/// <summary>A file of an agent release.</summary>
/// <param name="Name">One of <see cref="AgentFiles.Names"/>.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Digest">SHA-256 of its content.</param>
public sealed record AgentFile(string Name, ulong SizeBytes, Digest Digest)
{
    internal static AgentFile Read(WireReader reader)
    {
        string name = "";
        ulong size = 0;
        Digest digest = default;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: name = reader.ReadText(); return true;
                case 2: size = reader.ReadUInt64(); return true;
                case 3: digest = reader.ReadParsed(Digest.Parse); return true;
                default: return false;
            }
        });
        return digest.IsEmpty || !AgentFiles.Names.Contains(name)
            ? throw reader.Fault($"a digest and one of {string.Join(", ", AgentFiles.Names)}", $"'{name}'")
            : new AgentFile(name, size, digest);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Name);
        map.Field(2, SizeBytes);
        map.Field(3, Digest.Value);
    });
}
