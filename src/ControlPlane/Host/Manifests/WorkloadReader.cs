using System.Collections.Immutable;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads <c>spec.workload</c>.</summary>
internal static class WorkloadReader
{
    internal const string Path = "spec.workload";

    private static readonly string[] s_fields =
    [
        "kind", "name", "image", "command", "args", "env", "user", "workingDir", "stopSignal", "readOnlyRoot", "capabilities", "rlimits",
        "vcpus", "memory", "priority", "limits", "restartPolicy", "schedule", "terminationGracePeriod", "ports", "volumes", "tmpfs", "secrets",
        "probes", "network", "labels",
    ];

    /// <summary>
    /// The workload of a deployment; selector, strategy and JSON are still to be filled in. Null when it is no map at all; else
    /// errors are in the reader.
    /// </summary>
    internal static DeploymentManifest? Read(FieldReader reader, ManifestNode? node, ResourceName deployment)
    {
        ManifestMap? workload = reader.Map(Path, node, s_fields);
        if (workload is null)
        {
            return null;
        }

        bool isNamed = FieldReader.Get(workload, "name") is not null;
        ResourceName vm = (isNamed ? NameReader.Read(reader, workload, Path, "name") : deployment) ?? default;
        DeploymentManifest manifest = new()
        {
            Prefix = reader.Prefix,
            Name = deployment,
            Selector = SelectorReader.Nothing,
            Image = reader.Text(workload, Path, "image", "an image such as hello:1") ?? "",
            Command = ProcessReader.ReadTexts(reader, workload, "command"),
            Arguments = ProcessReader.ReadTexts(reader, workload, "args"),
            Environment = EnvironmentReader.Read(reader, workload),
            User = ProcessReader.ReadUser(reader, workload),
            WorkingDirectory = ProcessReader.ReadDirectory(reader, workload),
            StopSignal = ProcessReader.ReadSignal(reader, workload),
            Vm = ReadVm(reader, workload, deployment, vm),
            SpecJson = "",
        };
        CheckSize(reader, manifest);
        WorkloadRules.Check(reader, manifest);
        return manifest;
    }

    private static VmSpec ReadVm(FieldReader reader, ManifestMap workload, ResourceName deployment, ResourceName name)
    {
        VmSpec vm = new()
        {
            Name = name,
            Deployment = deployment,
            Revision = 1,
            Image = new ImageReference(Digest.Of([]), 0, ""),
            Process = ProcessReader.ReadConfinement(reader, workload),
            Ports = PortsReader.Read(reader, workload),
            Volumes = VolumesReader.Read(reader, workload),
            Tmpfs = VolumesReader.ReadTmpfs(reader, workload),
            Secrets = SecretsReader.Read(reader, workload),
            Probes = ProbesReader.Read(reader, FieldReader.Get(workload, "probes")),
            Network = NetworkReader.Read(reader, FieldReader.Get(workload, "network")),
            Labels = LabelsReader.Read(reader, $"{Path}.labels", FieldReader.Get(workload, "labels")),
        };
        return LifeReader.Read(reader, workload, ResourcesReader.Read(reader, workload, vm));
    }

    private static void CheckSize(FieldReader reader, DeploymentManifest manifest)
    {
        ImmutableArray<string> texts = [.. manifest.Command ?? [], .. manifest.Arguments ?? []];
        int bytes = texts.Sum(Bytes) + manifest.Environment.Sum(pair => Bytes(pair.Key) + Bytes(pair.Value));
        if (bytes > ManifestLimits.ProcessBytes)
        {
            reader.Fail(Path, $"at most {ManifestLimits.ProcessBytes} bytes of command, args and env together", $"{bytes}");
        }
    }

    private static int Bytes(string text) => System.Text.Encoding.UTF8.GetByteCount(text);
}
