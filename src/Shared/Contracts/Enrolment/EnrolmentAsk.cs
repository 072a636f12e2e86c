namespace MicroVm.Shared.Contracts.Enrolment;

/// <summary>A device asks to be let in.</summary>
/// <param name="DeviceId">Its id.</param>
/// <param name="Token">An enrolment token; empty for a device that shows a manufacturer's certificate.</param>
/// <param name="SigningRequest">PKCS#10 in PEM with the device id as its common name.</param>
public sealed record EnrolmentAsk(string DeviceId, string Token, string SigningRequest);
