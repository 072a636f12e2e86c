using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>Which secrets a device has to have: pure functions, no clock, no I/O.</summary>
internal static class SecretDecisions
{
    /// <summary>What is said of a VM whose secret is not there.</summary>
    internal const string Missing = "SecretMissing";

    /// <summary>Names of the secrets that claims need on a device of that architecture, in order.</summary>
    internal static IReadOnlyList<string> NeededBy(IReadOnlyDictionary<string, DeviceAssignment> assignments, string architecture) =>
    [
        .. assignments.Values.SelectMany(static claim => (Assignment?[])[claim.Assignment, claim.Before])
            .Select(assignment => assignment?.On(architecture)?.Further)
            .SelectMany(static vm => vm?.Secrets ?? [])
            .Select(static mount => mount.Secret.Value).Distinct().Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// True when what is kept of a secret is to be replaced. One that was deleted is kept for as long as something needs it: no
    /// VM is stopped because its secret is gone here.
    /// </summary>
    internal static bool IsStale(KeptSecret? kept, int? version, string keyDigest) =>
        version is int current && (kept is null || kept.Version != current || kept.KeyDigest != keyDigest);

    /// <summary>A VM with the versions of its secrets; null, and which one, when one is not there.</summary>
    internal static VmSpec? Resolve(VmSpec vm, IReadOnlyDictionary<string, KeptSecret> kept, out string missing)
    {
        SecretMount? absent = vm.Secrets.FirstOrDefault(mount => !kept.ContainsKey(mount.Secret.Value));
        missing = absent?.Secret.Value ?? "";
        return absent is not null ? null
            : vm.Secrets.Count == 0 ? vm
            : vm with { Secrets = [.. vm.Secrets.Select(mount => mount with { Version = kept[mount.Secret.Value].Version })] };
    }

    /// <summary>The secrets of a document with these VMs, ordered by name.</summary>
    internal static IReadOnlyList<SealedSecret> Of(IEnumerable<VmSpec> vms, IReadOnlyDictionary<string, KeptSecret> kept) =>
    [
        .. vms.SelectMany(static vm => vm.Secrets).Select(static mount => mount.Secret.Value).Distinct().Order(StringComparer.Ordinal)
            .Select(name => new SealedSecret(ResourceName.Parse(name), kept[name].Version, kept[name].Sealed)),
    ];

    /// <summary>What is kept after secrets were sealed: what nothing needs any more is let go.</summary>
    internal static ImmutableSortedDictionary<string, KeptSecret> Keep(
        ImmutableSortedDictionary<string, KeptSecret> kept, IReadOnlyList<string> needed, IEnumerable<KeyValuePair<string, KeptSecret>> renewed) =>
        kept.RemoveRange(kept.Keys.Except(needed)).SetItems(renewed);
}
