namespace MicroVm.ControlPlane.Abstractions.Events;

/// <summary>Where the control plane's own events go.</summary>
public interface IEventLog
{
    /// <summary>
    /// Notes an event and returns at once; it is durable soon after. One that is lost with the process is no loss of state: events
    /// are for people.
    /// </summary>
    void Add(FleetEvent happened);
}
