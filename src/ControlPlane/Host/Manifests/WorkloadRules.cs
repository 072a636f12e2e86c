using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>What has to hold between the parts of a workload.</summary>
internal static class WorkloadRules
{
    private const string Path = WorkloadReader.Path;

    /// <summary>Checks a workload whose parts were read; errors go to the reader.</summary>
    internal static void Check(FieldReader reader, DeploymentManifest manifest)
    {
        VmSpec vm = manifest.Vm;
        CheckPaths(reader, vm);
        CheckVariables(reader, manifest);
        int tmpfs = vm.Tmpfs.Sum(static mount => mount.SizeMib);
        if (tmpfs > vm.MemoryMib)
        {
            reader.Fail($"{Path}.tmpfs", $"together at most the memory, which is {vm.MemoryMib}MiB", $"{tmpfs}MiB");
        }
    }

    /// <summary>Two things cannot be at one place.</summary>
    private static void CheckPaths(FieldReader reader, VmSpec vm)
    {
        IEnumerable<(string Path, string What)> places =
        [
            .. vm.Volumes.Select(static volume => (volume.Path, $"volume {volume.Name}")),
            .. vm.Tmpfs.Select(static mount => (mount.Path, "a tmpfs")),
            .. vm.Secrets.Where(static secret => secret.Path.Length > 0).Select(static secret => (secret.Path, $"secret {secret.Secret}")),
        ];
        foreach (IGrouping<string, (string Path, string What)> place in places.GroupBy(static place => place.Path).Where(static place => place.Count() > 1))
        {
            reader.Fail(Path, $"one thing at the path {place.Key}", string.Join(" and ", place.Select(static one => one.What)));
        }
    }

    private static void CheckVariables(FieldReader reader, DeploymentManifest manifest)
    {
        string[] variables = [.. manifest.Vm.Secrets.Where(static secret => secret.Variable.Length > 0).Select(static secret => secret.Variable)];
        foreach (string variable in variables.Where(manifest.Environment.ContainsKey).Concat(variables.GroupBy(static name => name).Where(static same => same.Count() > 1).Select(static same => same.Key)))
        {
            reader.Fail($"{Path}.secrets", "variables that nothing else sets", $"{variable} twice");
        }
    }
}
