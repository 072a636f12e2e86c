using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Desired;

/// <summary>Whom a VM may talk to. What is not said here is allowed outwards and refused between VMs.</summary>
public sealed record NetworkPolicy
{
    /// <summary>Other VMs of the device that may connect to this one.</summary>
    public IReadOnlyList<ResourceName> AllowFrom { get; init; } = [];

    /// <summary>Only what <see cref="Egress"/> lists is allowed out of the device; else everything is.</summary>
    public bool EgressRestricted { get; init; }

    /// <summary>What is allowed out when it is restricted.</summary>
    public IReadOnlyList<EgressRule> Egress { get; init; } = [];

    /// <summary>True when it says nothing.</summary>
    public bool IsDefault => AllowFrom.Count == 0 && !EgressRestricted && Egress.Count == 0;

    internal static NetworkPolicy Read(WireReader reader)
    {
        NetworkPolicy policy = new();
        reader.ReadMap(key =>
        {
            switch (key)
            {
                case 1: policy = policy with { AllowFrom = reader.ReadList(static r => r.ReadParsed(ResourceName.Parse)) }; return true;
                case 2: policy = policy with { EgressRestricted = reader.ReadBoolean() }; return true;
                case 3: policy = policy with { Egress = reader.ReadList(EgressRule.Read) }; return true;
                default: return false;
            }
        });
        return policy;
    }

    internal void Write(WireWriter writer) => writer.WriteMap(map =>
    {
        map.TextListField(1, [.. AllowFrom.Select(static name => name.Value)]);
        map.Field(2, EgressRestricted);
        map.ListField(3, Egress, static (w, rule) => rule.Write(w));
    });
}
