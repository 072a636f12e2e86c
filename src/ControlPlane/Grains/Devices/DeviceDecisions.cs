using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Abstractions.Devices;
using MicroVm.ControlPlane.Grains.Agents;
using MicroVm.Shared.Codecs.Cbor;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Grains.Devices;

/// <summary>What a device grain decides: pure functions, no clock, no I/O.</summary>
internal static class DeviceDecisions
{
    /// <summary>Most images that a device fetches ahead.</summary>
    internal const int MaxPrefetches = 16;

    /// <summary>Most bytes of a document: its envelope adds some and has to stay under the limit of one payload.</summary>
    internal const int MaxDocumentBytes = CborLimits.DocumentBytes - 1024;

    /// <summary>
    /// All labels of a device: its own, over them the operator's, over both the ones that name it. Own labels that no
    /// selector could name are left out.
    /// </summary>
    internal static ImmutableSortedDictionary<string, string> MergeLabels(
        string device, Hello hello, IReadOnlyDictionary<string, string> operatorLabels) =>
        hello.Labels
            .Where(label => LabelRules.IsName(label.Key) && LabelRules.IsValue(label.Value))
            .OrderBy(label => label.Key, StringComparer.Ordinal)
            .Take(LabelRules.MaxCount)
            .ToImmutableSortedDictionary(StringComparer.Ordinal)
            .SetItems(operatorLabels)
            .SetItem("arch", hello.Architecture)
            .SetItem("device", device);

    /// <summary>
    /// Merges the claims. The generation rises by one when what the device sees changes, and only then. What the device has
    /// already keeps its place, then older claims go first; where what is claimed now cannot be had, what was claimed before stays.
    /// </summary>
    /// <param name="current">The document as it is.</param>
    /// <param name="wanted">The claims, what is to be fetched, and the secrets.</param>
    /// <param name="architecture">The device's architecture; empty when it never said hello.</param>
    internal static Composition Compose(DesiredDocument current, DeviceDesiredState wanted, string architecture)
    {
        SortedDictionary<string, VmSpec> vms = new(StringComparer.Ordinal);
        var refusals = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        HashSet<(string, int)> placed = [.. current.State.Vms.Select(static vm => (vm.Deployment.Value, vm.Revision))];
        foreach ((string deployment, DeviceAssignment claim) in wanted.Assignments
            .OrderBy(pair => placed.Contains((pair.Key, pair.Value.Assignment.Revision)) ? 0 : 1).ThenBy(pair => pair.Value.Order))
        {
            if (Refusal(claim.Assignment, deployment, vms, wanted, architecture) is string refusal)
            {
                refusals[deployment] = refusal;
                _ = claim.Before is Assignment before ? Refusal(before, deployment, vms, wanted, architecture) : null;
            }
        }

        // What a VM has is there already; what would not fit is not worth a VM.
        ImageReference[] images = [.. wanted.Prefetches.Select(pair => pair.Value.On(architecture)).OfType<WorkloadSpec>().Select(workload => workload.ToImage())
            .Where(image => vms.Values.All(vm => vm.Image.Digest != image.Digest)).DistinctBy(image => image.Digest).Take(MaxPrefetches)];
        DesiredState state = StateOf(current.Generation, vms.Values, wanted, architecture) with { Prefetch = images };
        return new Composition(
            Next(current, state.Encode().Length > MaxDocumentBytes ? state with { Prefetch = [] } : state), refusals.ToImmutable());
    }

    /// <summary>How the agent is to behave.</summary>
    internal static AgentSettings SettingsOf(DeviceDesiredState wanted) =>
        new(wanted.TelemetryIntervalSeconds == 0 ? AgentSettings.DefaultTelemetryIntervalSeconds : wanted.TelemetryIntervalSeconds);

    /// <summary>A deployment's claim after it asks for something else; see <see cref="DeviceAssignment.Before"/>.</summary>
    internal static DeviceAssignment Claim(DeviceAssignment? before, Assignment assignment, long nextOrder) =>
        before is null ? new DeviceAssignment(nextOrder, assignment)
        : new DeviceAssignment(before.Assignment.Workload.VmName == assignment.Workload.VmName ? before.Order : nextOrder, assignment)
        {
            Before = before.Before ?? before.Assignment,
        };

    /// <summary>The claims after they were merged: what is had needs nothing to fall back to.</summary>
    internal static ImmutableSortedDictionary<string, DeviceAssignment> Settle(
        ImmutableSortedDictionary<string, DeviceAssignment> claims, IReadOnlyDictionary<string, string> refusals) =>
        claims.SetItems(claims
            .Where(claim => claim.Value.Before is not null && !refusals.ContainsKey(claim.Key))
            .Select(claim => KeyValuePair.Create(claim.Key, claim.Value with { Before = null })));

    /// <summary>Compares what a device holds with what it should hold.</summary>
    internal static HoldVerdict Compare(DesiredDocument desired, ulong heldGeneration, Digest heldDigest) =>
        heldGeneration > desired.Generation ? HoldVerdict.Newer
        : heldGeneration < desired.Generation ? HoldVerdict.Older
        : heldDigest.IsEmpty && heldGeneration == 0 ? HoldVerdict.Same
        : heldDigest == desired.Digest ? HoldVerdict.Same
        : HoldVerdict.Diverged;

    /// <summary>One line for people about what is wrong with a device; empty when nothing is.</summary>
    internal static string Condition(
        HoldVerdict held, ulong heldGeneration, ulong desiredGeneration, IReadOnlyDictionary<string, string> refusals, string refusedByDevice, string agent = "") => held switch
    {
        HoldVerdict.Newer =>
            $"holds generation {heldGeneration}, newer than this control plane's {desiredGeneration}: nothing is sent until it is resolved",
        HoldVerdict.Diverged =>
            $"holds generation {heldGeneration} with other content than this control plane's: nothing is sent until the next change",
        _ => string.Join("; ", refusals.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"deployment '{pair.Key}': {pair.Value}")
            .Concat(refusedByDevice.Length > 0 ? [$"the device refused: {refusedByDevice}"] : [])
            .Concat(agent.Length > 0 ? [agent] : [])),
    };

    /// <summary>The claims with the generation that tells the device noted in those that changed.</summary>
    internal static ImmutableSortedDictionary<string, DeviceAssignment> Date(
        IReadOnlyDictionary<string, DeviceAssignment> before, ImmutableSortedDictionary<string, DeviceAssignment> after, ulong generation) =>
        after.SetItems(after
            .Where(claim => before.GetValueOrDefault(claim.Key) != claim.Value)
            .Select(claim => KeyValuePair.Create(claim.Key, claim.Value with { Since = generation })));

    /// <summary>How far a deployment is on a device.</summary>
    internal static DeviceStanding Stand(
        DeviceStanding of, string deployment, DeviceAssignment? claim, string? refusal, ReportedState? report)
    {
        bool told = claim is null || report?.ObservedGeneration >= claim.Since;
        VmStatus? vm = report?.Vms.FirstOrDefault(status =>
            status.Deployment.Value == deployment && (told || status.Revision != claim!.Assignment.Revision));
        DeviceStanding standing = of with
        {
            AssignedRevision = claim?.Assignment.Revision ?? 0,
            ReportedRevision = vm?.Revision ?? 0,
        };
        return refusal is not null
            ? standing with { Phase = nameof(VmPhase.Failed), Message = refusal, ReportedRevision = standing.AssignedRevision }
            : vm is null
                ? standing
                : standing with
                {
                    Phase = vm.Phase.ToString(),
                    Message = Describe(vm),
                    Restarts = vm.Restarts,
                    SaysReady = vm.Ready,
                    LastExitCode = vm.LastExitCode,
                    HasNextRun = vm.NextRunUnixMs is not null,
                };
    }

    /// <summary>True when a device has the image of an assignment, as far as it says.</summary>
    internal static bool HasImage(Assignment assignment, string architecture, ReportedState? report) =>
        assignment.On(architecture) is WorkloadSpec workload && report is not null
        && (report.Prefetched.Any(digest => digest.Value == workload.ImageDigest)
            || report.Vms.Any(vm => vm.ImageDigest.Value == workload.ImageDigest && vm.Phase is VmPhase.Running or VmPhase.Completed));

    /// <summary>The deployments that have to look at a device again: those that have a VM on it and those that should or should not.</summary>
    internal static IReadOnlyList<string> Concerned(
        IReadOnlyDictionary<string, string> labels, IEnumerable<string> assigned, IEnumerable<DeploymentEntry> deployments) =>
        [.. deployments.Where(entry => entry.IsFor(labels)).Select(entry => entry.Name).Union(assigned).Order(StringComparer.Ordinal)];

    /// <summary>Adds the VM of an assignment to the others; says why not when it cannot be had.</summary>
    private static string? Refusal(
        Assignment assignment, string deployment, SortedDictionary<string, VmSpec> vms, DeviceDesiredState wanted, string architecture)
    {
        if (assignment.On(architecture) is not WorkloadSpec workload)
        {
            return PlatformMissing(assignment, architecture);
        }

        if (SecretDecisions.Resolve(workload.ToVm(deployment, assignment.Revision), wanted.Secrets, out string missing) is not VmSpec vm)
        {
            return $"{SecretDecisions.Missing}: secret '{missing}' is not there, or this device has not shown its key yet";
        }

        if (vms.TryGetValue(vm.Name.Value, out VmSpec? holder))
        {
            return $"VM name '{vm.Name}' is held on this device by deployment '{holder.Deployment}'";
        }

        if (PortConflict(vm, vms.Values) is string conflict)
        {
            return conflict;
        }

        vms.Add(vm.Name.Value, vm);
        if (vms.Count <= DesiredState.MaxVms && StateOf(ulong.MaxValue, vms.Values, wanted, architecture).Encode().Length <= MaxDocumentBytes)
        {
            return null;
        }

        vms.Remove(vm.Name.Value);
        return $"the device's desired state would be over {MaxDocumentBytes} bytes or {DesiredState.MaxVms} VMs";
    }

    private static DesiredState StateOf(ulong generation, IReadOnlyCollection<VmSpec> vms, DeviceDesiredState wanted, string architecture) =>
        new(generation, [.. vms], SettingsOf(wanted))
        {
            Secrets = SecretDecisions.Of(vms, wanted.Secrets),
            Agent = AgentDecisions.TargetOf(wanted.Agent, architecture),
        };

    private static string Describe(VmStatus vm) =>
        vm.Reason.Length == 0 ? vm.Message
        : vm.Message.Length == 0 ? vm.Reason
        : $"{vm.Reason}: {vm.Message}";

    private static DesiredDocument Next(DesiredDocument current, DesiredState state)
    {
        byte[] unchanged = (state with { Generation = current.Generation }).Encode();
        if (unchanged.AsSpan().SequenceEqual(current.Bytes))
        {
            return current;
        }

        ulong generation = current.Generation + 1;
        return new DesiredDocument(generation, (state with { Generation = generation }).Encode());
    }

    /// <summary>A port of the device leads to one VM; null when nothing is held twice.</summary>
    private static string? PortConflict(VmSpec vm, IEnumerable<VmSpec> others)
    {
        IEnumerable<(PortMapping Port, VmSpec Holder)> held = others.SelectMany(other => other.Ports, static (other, port) => (port, other))
            .Where(other => vm.Ports.Any(port => port.HostPort == other.port.HostPort && port.Protocol == other.port.Protocol));
        return held.Select(static one =>
            $"PortConflict: port {one.Port.HostPort}/{one.Port.Protocol.ToString().ToLowerInvariant()} of the device is held by VM '{one.Holder.Name}' of deployment '{one.Holder.Deployment}'")
            .FirstOrDefault();
    }

    private static string PlatformMissing(Assignment assignment, string architecture) => architecture.Length == 0
        ? $"ImagePlatformMissing: image {assignment.Workload.ImageName}: the device has not said yet which architecture it has"
        : $"ImagePlatformMissing: image {assignment.Workload.ImageName}: expected one for {architecture}, which this device is, "
            + $"found one for {string.Join(" and ", assignment.Architectures)}";
}
