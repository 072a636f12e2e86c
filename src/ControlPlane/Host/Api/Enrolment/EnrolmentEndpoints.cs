using System.Collections.Immutable;
using System.Security.Cryptography.X509Certificates;
using MicroVm.ControlPlane.Abstractions.Identity;
using MicroVm.ControlPlane.Host.Auth;
using MicroVm.ControlPlane.Host.Identity;
using MicroVm.ControlPlane.Host.Storage.Identity;
using MicroVm.Shared.Contracts.Enrolment;
using MicroVm.Shared.Identity;
using Microsoft.AspNetCore.Mvc;

namespace MicroVm.ControlPlane.Host.Api.Enrolment;

/// <summary>How devices get and renew their certificates.</summary>
internal static class EnrolmentEndpoints
{
    private const int RetrySeconds = 15;

    internal static void MapEnrolment(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(EnrolmentPaths.Authorities, GetAuthorities).AllowAnonymous().WithSummary("The fleet authorities' certificates in PEM.");
        routes.MapPost(EnrolmentPaths.Devices, EnrolAsync).AllowAnonymous()
            .WithSummary("A device asks to be let in; 202 while an operator has to approve.").Produces<EnrolmentAnswer>();
        routes.MapPost(EnrolmentPaths.Renew, RenewAsync).RequireAuthorization(AuthSchemes.RenewingDevice)
            .WithSummary("A device renews its certificate, over TLS with the one that it has.").Produces<EnrolmentAnswer>();
    }

    private static IResult GetAuthorities([FromServices] Fleet fleet) => Results.Text(
        string.Concat(fleet.Authorities.Select(static one => one.ExportCertificatePem() + "\n")), "application/x-pem-file");

    private static async Task<IResult> EnrolAsync(
        [FromBody] EnrolmentAsk ask,
        HttpContext context,
        [FromServices] EnrolmentTokenTable tokens,
        [FromServices] ManufacturerAuthorities manufacturers,
        [FromServices] Fleet fleet,
        [FromServices] IGrainFactory grains)
    {
        if (!DeviceId.TryParse(ask.DeviceId, out DeviceId device))
        {
            return Problems.Of(StatusCodes.Status422UnprocessableEntity, $"deviceId: expected 1 to {DeviceId.MaxLength} characters of [a-z0-9-]");
        }

        (EnrolmentAdmission? admission, string refusal) = ask.Token is { Length: > 0 }
            ? await ByTokenAsync(ask.Token, tokens)
            : manufacturers.Admit(context.Connection.ClientCertificate, device);
        if (admission is null)
        {
            return Problems.Of(StatusCodes.Status403Forbidden, refusal);
        }

        (byte[]? key, string reason) = SigningRequest.Read(ask.SigningRequest, device);
        return key is null
            ? Problems.Of(StatusCodes.Status422UnprocessableEntity, $"signingRequest: {reason}")
            : Answer(fleet, await grains.GetGrain<IEnrolmentGrain>(device.Value).RequestAsync(
                new EnrolmentRequest(key, admission.Token, admission.Labels, admission.NeedsApproval)));
    }

    private static async Task<IResult> RenewAsync(
        [FromBody] RenewalAsk ask, HttpContext context, [FromServices] Fleet fleet, [FromServices] IGrainFactory grains)
    {
        DeviceId device = DeviceId.Parse(CallerClaims.RenewingDeviceOf(context.User));
        (byte[]? key, string reason) = SigningRequest.Read(ask.SigningRequest, device);
        return key is null
            ? Problems.Of(StatusCodes.Status422UnprocessableEntity, $"signingRequest: {reason}")
            : Answer(fleet, await grains.GetGrain<IEnrolmentGrain>(device.Value).RenewAsync(key));
    }

    private static async Task<(EnrolmentAdmission? Admission, string Refusal)> ByTokenAsync(string text, EnrolmentTokenTable tokens) =>
        EnrolmentToken.TryParse(text, out EnrolmentToken? token) && await tokens.FindAsync(token) is EnrolmentTokenRecord record
            ? (new EnrolmentAdmission(record.Id, record.Labels, record.NeedsApproval), "")
            : (null, "token: expected one that is known and has not ended");

    private static IResult Answer(Fleet fleet, EnrolmentOutcome outcome) => outcome switch
    {
        { Verdict: EnrolmentVerdict.Done, Certificate: byte[] der } => Results.Json(
            new EnrolmentAnswer(X509CertificateLoader.LoadCertificate(der).ExportCertificatePem(), fleet.Trust.Encode(), 0),
            EnrolmentJsonContext.Default.EnrolmentAnswer),
        { Verdict: EnrolmentVerdict.Pending } => Results.Json(
            new EnrolmentAnswer("", [], RetrySeconds), EnrolmentJsonContext.Default.EnrolmentAnswer, statusCode: StatusCodes.Status202Accepted),
        { Verdict: EnrolmentVerdict.Conflict } => Problems.Of(StatusCodes.Status409Conflict, outcome.Reason),
        _ => Problems.Of(StatusCodes.Status403Forbidden, outcome.Reason),
    };
}
