namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>
/// Every line that the agent logs. One file per area, each with its range of event ids: 1000 agent, 1100 link, 1200 intake,
/// 1300 reconcile, 1400 images, 1500 VMs, 1600 guests, 1700 telemetry and reports,
/// 1800 the host, 1900 requests on the device, 2000 networks and volumes, 2100 logs, 2200 memory, 2300 identity, 2400 sessions, 2500 updates.
/// </summary>
internal static partial class Log;
