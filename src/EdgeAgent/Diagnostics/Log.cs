namespace MicroVm.EdgeAgent.Diagnostics;

/// <summary>
/// Every line that the agent logs. One file per area, each with its range of event ids: 1000 agent, 1100 link, 1200 intake,
/// 1300 reconcile, 1400 images, 1500 VMs, 1600 guests, 1700 telemetry and reports,
/// 1800 the host, 1900 requests on the device, 2000 networks and volumes.
/// </summary>
internal static partial class Log;
