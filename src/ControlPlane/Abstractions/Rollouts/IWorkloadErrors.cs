namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>Counts what workloads write to standard error.</summary>
public interface IWorkloadErrors
{
    /// <summary>Lines of a VM that were written after a moment, as far as that is known, by device; a device without any may be left out.</summary>
    /// <param name="vm">Name of the VM.</param>
    /// <param name="since">The moment for each device, on the control plane's clock.</param>
    /// <param name="most">Counting may end here.</param>
    Task<IReadOnlyDictionary<string, int>> CountAsync(string vm, IReadOnlyDictionary<string, DateTimeOffset> since, int most);
}
