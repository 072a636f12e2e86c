using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>The agent that a device should run.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Digest">SHA-256 of the artifact for this device's architecture.</param>
/// <param name="SizeBytes">Length of the artifact.</param>
/// <param name="AllowDowngrade">An older version than the one that runs is meant; otherwise it is refused. Not written when false.</param>
public sealed record AgentTarget(ReleaseVersion Version, Digest Digest, ulong SizeBytes, bool AllowDowngrade = false)
{
    internal static AgentTarget Read(WireReader reader)
    {
        ReleaseVersion version = default;
        Digest digest = default;
        ulong size = 0;
        bool downgrade = false;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: version = reader.ReadParsed(ReleaseVersion.Parse); return true;
                case 2: digest = reader.ReadParsed(Digest.Parse); return true;
                case 3: size = reader.ReadUInt64(); return true;
                case 4: downgrade = reader.ReadBoolean(); return true;
                default: return false;
            }
        });
        return version == default || digest.IsEmpty
            ? throw reader.Fault("a version and a digest (keys 1 and 2)", "not both of them")
            : new AgentTarget(version, digest, size, downgrade);
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, Version.Value);
        map.Field(2, Digest.Value);
        map.Field(3, SizeBytes);
        if (AllowDowngrade)
        {
            map.Field(4, AllowDowngrade);
        }
    });
}
