using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Reported;

/// <summary>What the device really runs.</summary>
/// <param name="Header">Boot id and sequence.</param>
/// <param name="ObservedGeneration">Generation of the desired state that the statuses are about.</param>
/// <param name="Vms">One status per VM, ordered by name.</param>
public sealed record ReportedState(UplinkHeader Header, ulong ObservedGeneration, IReadOnlyList<VmStatus> Vms)
{
    /// <summary>Those of the desired state's images to prefetch that are complete on the device; not written when there are none.</summary>
    public IReadOnlyList<Digest> Prefetched { get; init; } = [];

    /// <summary>
    /// Why the newest document or command from the control plane was refused, in one line; empty once a later one was taken.
    /// </summary>
    public string Refusal { get; init; } = "";

    /// <summary>How far the device is with the agent that it should run; not written when there is nothing to say.</summary>
    public AgentStatus Agent { get; init; } = AgentStatus.None;

    /// <summary>Volumes on the device's disk, ordered by VM and name; not written when there are none.</summary>
    public IReadOnlyList<VolumeStatus> Volumes { get; init; } = [];

    /// <summary>Decodes a payload of <c>up/reported</c>.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a reported state.</exception>
    public static ReportedState Decode(ReadOnlyMemory<byte> payload) => WireReader.Decode(payload, "reported state", static reader =>
    {
        UplinkHeader.Reading header = new();
        ulong generation = 0;
        IReadOnlyList<VmStatus> vms = [];
        IReadOnlyList<Digest> prefetched = [];
        string refusal = "";
        AgentStatus agent = AgentStatus.None;
        IReadOnlyList<VolumeStatus> volumes = [];
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 10: generation = reader.ReadUInt64(); return true;
                case 11: vms = reader.ReadList(VmStatus.Read); return true;
                case 12: prefetched = reader.ReadList(static r => r.ReadParsed(Digest.Parse)); return true;
                case 13: refusal = reader.ReadText(); return true;
                case 14: agent = AgentStatus.Read(reader); return true;
                case 15: volumes = reader.ReadList(VolumeStatus.Read); return true;
                default: return header.Take(reader, key);
            }
        });
        return new ReportedState(header.Finish(reader), generation, vms) { Prefetched = prefetched, Refusal = refusal, Agent = agent, Volumes = volumes };
    });

    /// <summary>Encodes the payload.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        Header.Write(map);
        map.Field(10, ObservedGeneration);
        map.ListField(11, Vms, static (w, vm) => vm.Write(w));
        if (Prefetched.Count > 0)
        {
            map.TextListField(12, [.. Prefetched.Select(static digest => digest.Value)]);
        }

        if (Refusal.Length > 0)
        {
            map.Field(13, Refusal);
        }

        if (Agent != AgentStatus.None)
        {
            map.WriteField(14, Agent.Write);
        }

        if (Volumes.Count > 0)
        {
            map.ListField(15, Volumes, static (w, volume) => volume.Write(w));
        }
    }));
}
