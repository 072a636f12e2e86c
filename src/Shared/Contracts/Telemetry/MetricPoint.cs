using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Contracts.Telemetry;

/// <summary>One value that a workload measured itself. What it means is the workload's and its reader's matter.</summary>
/// <param name="Vm">The VM that said it.</param>
/// <param name="Name">Name, by <see cref="MetricRules"/>.</param>
/// <param name="Value">A finite number.</param>
/// <param name="Unit">Unit for people; empty for none.</param>
/// <param name="Labels">What tells series of one name apart, ordered by name.</param>
/// <param name="AtUnixMs">When, in milliseconds since 1970 by the device's or the guest's clock.</param>
public sealed record MetricPoint(
    ResourceName Vm, string Name, double Value, string Unit, IReadOnlyList<KeyValuePair<string, string>> Labels, long AtUnixMs)
{
    /// <summary>True when another point is of the same series: its VM, name, unit and labels are the same.</summary>
    public bool IsOfSeries(MetricPoint other) =>
        Vm == other.Vm && Name == other.Name && Unit == other.Unit && HasLabels(other.Labels);

    private bool HasLabels(IReadOnlyList<KeyValuePair<string, string>> others)
    {
        if (Labels.Count != others.Count)
        {
            return false;
        }

        for (int i = 0; i < Labels.Count; i++)
        {
            if (Labels[i].Key != others[i].Key || Labels[i].Value != others[i].Value)
            {
                return false;
            }
        }

        return true;
    }
}
