namespace MicroVm.EdgeAgent.Mqtt;

/// <summary>How the connection to the gateway is. Never changes; another one takes its place.</summary>
/// <param name="Since">When it was made, or when it was lost or not made.</param>
/// <param name="IsConnected">It was up then.</param>
/// <param name="Fault">Why it is not; empty while it is, and before the first attempt has ended.</param>
/// <param name="Failures">Attempts that ended in a row.</param>
internal sealed record LinkState(DateTimeOffset Since, bool IsConnected, string Fault, int Failures);
