namespace MicroVm.ControlPlane.Grains.Rollouts;

/// <summary>What is to be done about one device.</summary>
/// <param name="Device">Device id.</param>
/// <param name="Admission">What is to be noted of it from now on.</param>
/// <param name="Revision">Revision that it is to be told; 0 for nothing new.</param>
/// <param name="Prefetch">True when it is to fetch the new revision's image now, false when not any more, null for nothing new.</param>
internal sealed record RolloutOrder(string Device, Admission? Admission, int Revision, bool? Prefetch);
