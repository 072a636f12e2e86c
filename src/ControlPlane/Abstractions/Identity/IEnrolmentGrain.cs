namespace MicroVm.ControlPlane.Abstractions.Identity;

/// <summary>The life of one device's identity; the key is the device id. The only writer of it.</summary>
public interface IEnrolmentGrain : IGrainWithStringKey
{
    /// <summary>The device asks to be let in. The same request again gives the same answer and takes no further use of a token.</summary>
    Task<EnrolmentOutcome> RequestAsync(EnrolmentRequest request);

    /// <summary>The device asks for a new certificate for the key that it has.</summary>
    /// <param name="subjectPublicKey">The key of the request, which has to be the known one.</param>
    Task<EnrolmentOutcome> RenewAsync([Immutable] byte[] subjectPublicKey);

    /// <summary>An operator lets a pending device in; it fetches its certificate itself.</summary>
    Task<EnrolmentOutcome> ApproveAsync();

    /// <summary>The device may not connect from now on.</summary>
    Task<EnrolmentOutcome> RevokeAsync();

    /// <summary>The device is to wipe itself; one that was revoked is given up at once.</summary>
    Task<EnrolmentOutcome> DecommissionAsync();

    /// <summary>The device says that it wipes itself now.</summary>
    Task WipedAsync();

    /// <summary>The device has shown this key; it is kept when it is the one that was enrolled and is not kept yet.</summary>
    Task HasKeyAsync([Immutable] byte[] subjectPublicKey);

    /// <summary>The device holds this version of the trust bundle.</summary>
    Task TrustsAsync(ulong version);
}
