using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Reporting;

/// <summary>Says what changes of VMs mean to people, as they happen.</summary>
internal sealed class VmEvents(EventLog log, Func<ResourceName, IReadOnlyList<SessionLogEntry>> lastLines)
{
    /// <summary>Listens to the table from now on.</summary>
    internal void Attach(VmTable table)
    {
        table.RecordChanged += (entry, before, after) =>
        {
            foreach (VmEvent one in VmEventDecisions.OfRecord(before, after))
            {
                string words = one.IsWarning && one.Reason == after?.Exit?.Reason ? VmEventDecisions.LastWords(before?.Run, lastLines(entry.Name)) : "";
                log.Add(entry.Name, one.IsWarning, one.Reason, one.Message + words);
            }
        };
        table.RemarkChanged += (entry, before, after) => Say(entry, VmEventDecisions.OfRemark(before, after));
        table.HealthChanged += (entry, before, after) => Say(entry, VmEventDecisions.OfHealth(before, after));
    }

    private void Say(VmEntry entry, VmEvent? said)
    {
        if (said is VmEvent one)
        {
            log.Add(entry.Name, one.IsWarning, one.Reason, one.Message);
        }
    }
}
