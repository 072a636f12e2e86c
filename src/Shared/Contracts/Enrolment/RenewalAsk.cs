namespace MicroVm.Shared.Contracts.Enrolment;

/// <summary>A device asks for a new certificate for its key.</summary>
/// <param name="SigningRequest">PKCS#10 in PEM with the device id as its common name.</param>
public sealed record RenewalAsk(string SigningRequest);
