namespace MicroVm.Shared.Contracts.Api;

/// <summary>What one document of an applied manifest did.</summary>
/// <param name="Kind">Kind of the resource, such as <c>Deployment</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Revision">Its revision now.</param>
/// <param name="Action"><c>created</c>, <c>updated</c> or <c>unchanged</c>.</param>
/// <param name="Devices">Ids of the devices that it selects now.</param>
public sealed record ApplyResult(string Kind, string Name, int Revision, string Action, IReadOnlyList<string> Devices)
{
    /// <summary>What changes in the spec, one line each; given by a dry run only.</summary>
    public IReadOnlyList<string>? Changes { get; init; }

    /// <summary>What happens to each device, in the order in which they are told; given by a dry run only.</summary>
    public IReadOnlyList<PlannedDeviceView>? Plan { get; init; }
}
