using System.Collections.Immutable;
using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Abstractions.Devices;

/// <summary>Finds devices without waking their grains. Durable when a task ends.</summary>
public interface IDeviceDirectory
{
    /// <summary>Registers a device or replaces its labels.</summary>
    Task PutAsync(string device, ImmutableSortedDictionary<string, string> labels);

    /// <summary>Takes a device out.</summary>
    Task RemoveAsync(string device);

    /// <summary>Ids of the devices that the selector matches, in order.</summary>
    Task<IReadOnlyList<string>> FindAsync(LabelSelector selector);

    /// <summary>Ids of all devices, in order.</summary>
    Task<IReadOnlyList<string>> ListAsync();
}
