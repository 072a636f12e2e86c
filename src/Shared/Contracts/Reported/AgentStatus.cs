using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>How far a device is with the agent that it should run.</summary>
/// <param name="Phase">How far.</param>
/// <param name="Digest">Digest of the artifact that this is about; empty when it is about none.</param>
/// <param name="Version">Its version.</param>
/// <param name="Message">One line for people; empty for none.</param>
public sealed record AgentStatus(AgentPhase Phase, Digest Digest, string Version, string Message)
{
    /// <summary>Nothing to say.</summary>
    public static AgentStatus None { get; } = new(AgentPhase.Current, default, "", "");

    internal static AgentStatus Read(WireReader reader)
    {
        AgentStatus status = None;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: status = status with { Phase = reader.ReadEnum<AgentPhase>() }; return true;
                case 2: status = status with { Digest = reader.ReadParsed(Digest.Parse) }; return true;
                case 3: status = status with { Version = reader.ReadText() }; return true;
                case 4: status = status with { Message = reader.ReadText() }; return true;
                default: return false;
            }
        });
        return status;
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.Field(1, (int)Phase);
        if (!Digest.IsEmpty)
        {
            map.Field(2, Digest.Value);
        }

        map.Field(3, Version);
        map.Field(4, Message);
    });
}
