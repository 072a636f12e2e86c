using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Vms;

/// <summary>What is said about a VM beyond its record, such as a download that fails. Not durable: it is found out again.</summary>
/// <param name="Phase">Phase to report when no VMM runs; null for the record's.</param>
/// <param name="Reason">One word in CamelCase.</param>
/// <param name="Message">One line for people.</param>
internal sealed record VmRemark(VmPhase? Phase, string Reason, string Message);
