using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Kit;

/// <summary>Things that many tests begin with.</summary>
internal static class Samples
{
    internal static string Manifest(
        string name = "hello", string selector = "{arch: x86_64}", string workload = "", string vm = "", string image = "hello:1") => $"""
        apiVersion: microvm/v1
        kind: Deployment
        metadata:
          name: {name}
        spec:
          selector:
            matchLabels: {selector}
          workload:
            kind: Service
            {(vm.Length == 0 ? "" : $"name: {vm}")}
            image: {image}
            {workload}
        """;

    internal static WorkloadSpec Workload(string vm = "hello", int memoryMib = 128, string argument = "/bin/hello") => new()
    {
        VmName = vm,
        ImageDigest = Digest.Of("image"u8).Value,
        ImageSizeBytes = 5,
        ImageName = "hello:1",
        Arguments = [argument],
        Environment = ImmutableSortedDictionary<string, string>.Empty.Add("A", "1"),
        WorkingDirectory = "/",
        User = "",
        VcpuCount = 1,
        MemoryMib = memoryMib,
        RestartPolicy = RestartPolicy.Always,
        GracePeriodSeconds = 10,
    };

    internal static LabelSelector Selector(params (string Name, string Value)[] labels) =>
        new(labels.ToImmutableSortedDictionary(label => label.Name, label => label.Value));

    internal static Hello Hello(string architecture = "x86_64", Dictionary<string, string>? labels = null) => new()
    {
        Header = new UplinkHeader(Guid.NewGuid(), 1, 0),
        AgentVersion = "0.1.0",
        Architecture = architecture,
        Capacity = new DeviceCapacity(1, 2, 3),
        Labels = labels ?? [],
    };

    internal static VmStatus Status(string deployment, int revision, VmPhase phase, string reason = "", string message = "") => new()
    {
        Name = ResourceName.Parse(deployment),
        Deployment = ResourceName.Parse(deployment),
        Revision = revision,
        Phase = phase,
        Reason = reason,
        Message = message,
    };
}
