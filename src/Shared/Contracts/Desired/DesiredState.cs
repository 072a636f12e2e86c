using MicroVm.Shared.Codecs.Cbor;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>Everything that one device should run. Its encoding is the document that digests and signatures are over.</summary>
/// <param name="Generation">Rises with every change; 0 is the empty state of a device that was never told anything.</param>
/// <param name="Vms">The VMs, ordered by name.</param>
/// <param name="Settings">How the agent behaves.</param>
public sealed record DesiredState(ulong Generation, IReadOnlyList<VmSpec> Vms, AgentSettings Settings)
{
    private const int Version = 1;

    /// <summary>Most VMs of one device: more than the smallest of them would fit into the largest device's memory.</summary>
    public const int MaxVms = 256;

    /// <summary>
    /// Images that a device should have before a VM of it is desired, so that replacing the VM takes no download. Not written
    /// when there are none: documents from before there were any stay what they are.
    /// </summary>
    public IReadOnlyList<ImageReference> Prefetch { get; init; } = [];

    /// <summary>The secrets that the VMs name, for this device alone. Not written when there are none.</summary>
    public IReadOnlyList<SealedSecret> Secrets { get; init; } = [];

    /// <summary>The agent that the device should run; null, and not written, when whatever it runs will do.</summary>
    public AgentTarget? Agent { get; init; }

    /// <summary>What a device holds before it was told anything.</summary>
    public static DesiredState Empty { get; } = new(0, [], new AgentSettings());

    /// <summary>Decodes a document.</summary>
    /// <exception cref="Faults.WireFormatException">The bytes are not a desired-state document.</exception>
    public static DesiredState Decode(ReadOnlyMemory<byte> document) => WireReader.Decode(document, "desired state", Read);

    /// <summary>Encodes the document.</summary>
    public byte[] Encode() => WireWriter.Encode(writer => writer.WriteMap(map =>
    {
        map.Field(0, Version);
        map.Field(1, Generation);
        map.ListField(2, Vms, static (w, vm) => vm.Write(w));
        map.WriteField(3, Settings.Write);
        if (Prefetch.Count > 0)
        {
            map.ListField(4, Prefetch, static (w, image) => image.Write(w));
        }

        if (Secrets.Count > 0)
        {
            map.ListField(5, Secrets, static (w, secret) => secret.Write(w));
        }

        if (Agent is not null)
        {
            map.WriteField(6, Agent.Write);
        }
    }));

    private static DesiredState Read(WireReader reader)
    {
        int version = 0;
        ulong generation = 0;
        IReadOnlyList<VmSpec> vms = [];
        IReadOnlyList<ImageReference> prefetch = [];
        IReadOnlyList<SealedSecret> secrets = [];
        AgentSettings settings = new();
        AgentTarget? agent = null;
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 0: version = reader.ReadInt32(); return true;
                case 1: generation = reader.ReadUInt64(); return true;
                case 2: vms = reader.ReadList(VmSpec.Read); return true;
                case 3: settings = AgentSettings.Read(reader); return true;
                case 4: prefetch = reader.ReadList(ImageReference.Read); return true;
                case 5: secrets = reader.ReadList(SealedSecret.Read); return true;
                case 6: agent = AgentTarget.Read(reader); return true;
                default: return false;
            }
        });
        reader.RequireVersion(version, Version);
        if (vms.Count > MaxVms)
        {
            throw reader.Fault($"at most {MaxVms} VMs", $"{vms.Count}");
        }

        if (vms.Select(vm => vm.Name).Distinct().Count() != vms.Count)
        {
            throw reader.Fault("VM names that differ", "one name twice");
        }

        return new DesiredState(generation, vms, settings) { Prefetch = prefetch, Secrets = secrets, Agent = agent };
    }
}
